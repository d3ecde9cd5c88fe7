using TorchSharp;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>Whether there is a device to try.</summary>
public static class Cuda
{
    public const string Reason = "torch.cuda.is_available() is false";

    public static bool IsAvailable => torch.cuda.is_available();
}
