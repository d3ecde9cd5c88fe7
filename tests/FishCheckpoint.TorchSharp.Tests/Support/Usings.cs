using Xunit;

// Torch's random numbers and its count of tensors are the process' own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
