"""A LeakyReLU as a learner of the course writes it. Check it: backprove demo THIS_FILE"""

import paddle
from nndl.op import Op


class LeakyReLU(Op):
    def __init__(self, negative_slope=0.1):
        self.negative_slope = negative_slope

    def forward(self, inputs):
        self.inputs = inputs
        return paddle.where(inputs > 0, inputs, self.negative_slope * inputs)

    def backward(self, grads):
        slopes = paddle.where(
            self.inputs > 0,
            paddle.ones_like(self.inputs),
            paddle.full_like(self.inputs, self.negative_slope),
        )
        return grads * slopes
