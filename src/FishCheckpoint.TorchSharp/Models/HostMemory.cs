using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Addresses of host tensors.</summary>
internal static class HostMemory
{
    /// <summary>The address of a tensor's first element. The tensor must have elements and stay valid while the address is used.</summary>
    public static unsafe byte* AddressOf(torch.Tensor tensor)
    {
        using var noGrad = torch.no_grad();
        using var first = tensor.as_strided([1], [1], tensor.storage_offset());
        fixed (byte* address = first.bytes)
        {
            return address;
        }
    }
}
