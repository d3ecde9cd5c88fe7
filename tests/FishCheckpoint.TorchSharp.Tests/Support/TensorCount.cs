using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>Asserts that something leaves no tensors behind.</summary>
internal static class TensorCount
{
    public static void AssertStable(int times, Action action)
    {
        // The first rounds may make what is kept on purpose: moments, gradients.
        action();
        action();
        var before = Now();
        for (var round = 0; round < times; round++)
        {
            action();
        }

        // Before any finalizer could have cleaned up behind it.
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static long Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }
}

/// <summary>Whether there is a device to try.</summary>
public static class Cuda
{
    public const string Reason = "torch.cuda.is_available() is false";

    public static bool IsAvailable => torch.cuda.is_available();
}
