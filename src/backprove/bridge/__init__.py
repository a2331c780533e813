"""An operator inside PyTorch, Paddle or JAX, with its own backward in place of theirs.

    from backprove.bridge.torch import to_torch      # a torch.autograd.Function
    from backprove.bridge.paddle import to_paddle    # a paddle.autograd.PyLayer
    from backprove.bridge.jax import to_jax          # a jax.custom_vjp function

Each takes an operator in either spelling, ours or a learner's, and gives a function of arrays of
that library: inputs by position, parameters and running statistics, `training` and `key` by name.
A library is imported by its own module only.
"""
