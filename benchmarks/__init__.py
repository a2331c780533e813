"""Measurements that take long or depend on the machine; never part of the tests.

python -m benchmarks accuracy     test accuracy of the course's network for seeds 0-4
python -m benchmarks memory       peak memory of training it
python -m benchmarks cold-start   seconds until the help, until the first step, cold and warm
python -m benchmarks growth       time of a step over the batch size, memory over the rows
python -m benchmarks time-to-accuracy   seconds of training until 95 to 98.5 %, by the presets
python -m benchmarks speed        training and inference beside twelve peers, on four networks
                                  (one of them: speed-course-64 and so on,
                                  with the names of peers one round of these alone)
python -m benchmarks check        wrong operators found, beside PyTorch's and JAX's checkers
python -m benchmarks check-times  seconds that checks take
python -m benchmarks cost         parameters and compute beside eight other counters, on networks
                                  that counters get wrong
python -m benchmarks cost-time    predicted and measured time of a training step
python -m benchmarks cost-memory  predicted and measured peaks of memory
python -m benchmarks doctor       causes found in eighty programs, beside two tools' rules
python -m benchmarks doctor-cases trains these programs as they are
python -m benchmarks watching     what watching a training costs
python -m benchmarks conventions  measures the frameworks' conventions and writes the table anew
"""
