using Xunit.Sdk;
using Xunit.v3;

// Torch's random numbers and its count of tensors are the process' own.
[assembly: Parallelization(Mode = ParallelMode.None)]
