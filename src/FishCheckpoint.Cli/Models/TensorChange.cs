using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>How much of a tensor a delta changes.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Changed">The number of changed positions.</param>
internal sealed record TensorChange(TensorInfo Tensor, long Changed)
{
    /// <summary>The changed tensors of a delta, in layout order; read from its mask's index, without decoding.</summary>
    public static TensorChange[] Of(EncodedDelta delta, Layout layout) =>
        [.. ChunkIndex.ReadMask(delta.Mask!, delta.MaskHead!, layout).GroupBy(chunk => chunk.Tensor)
            .Select(chunks => new TensorChange(layout.Tensors[chunks.Key], chunks.Sum(chunk => (long)chunk.Count)))];
}
