using FishCheckpoint.Masks;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Caches the index tensor of the last positions used for a tensor.</summary>
internal sealed class IndexCache : IDisposable
{
    private FlatTensor? tensor;
    private TensorMask? positions;
    private torch.Tensor? index;

    /// <summary>An index tensor; owned by this object until the next call with other positions.</summary>
    /// <param name="flat">The tensor.</param>
    /// <param name="mask">The positions; the same object gives the same index.</param>
    /// <param name="asPositions">Whether the index is for a contiguous tensor of the same shape instead of for
    /// <see cref="FlatTensor.Memory"/>.</param>
    public torch.Tensor Of(FlatTensor flat, TensorMask mask, bool asPositions = false)
    {
        if (index is null || !ReferenceEquals(tensor, flat) || !ReferenceEquals(positions, mask))
        {
            Dispose();
            (index, tensor, positions) = (flat.IndexOf(mask.Positions.Span, asPositions), flat, mask);
        }

        return index;
    }

    public void Dispose()
    {
        index?.Dispose();
        (index, tensor, positions) = (null, null, null);
    }
}
