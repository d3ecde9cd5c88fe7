using FishCheckpoint.Masks;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Keeps the index tensor of the positions that a tensor was last asked for.</summary>
internal sealed class IndexCache : IDisposable
{
    private FlatTensor? tensor;
    private TensorMask? positions;
    private torch.Tensor? index;

    /// <summary>An index tensor; owned by this object, until it is asked for another one.</summary>
    /// <param name="flat">The tensor.</param>
    /// <param name="mask">The positions; the same object as before gives the same index.</param>
    /// <param name="asPositions">For a tensor of the same shape that is contiguous, instead of for <see cref="FlatTensor.Memory"/>.</param>
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
