using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>Decides whether a safetensors body is a sparse patch or a full model: both have the same media type.</summary>
internal static class PatchDetection
{
    /// <summary>
    /// A patch is a file of nothing but <c>NAME.indices</c> and <c>NAME.values</c>, none of them a tensor of the task layout. A file
    /// without tensors is one when its metadata say so: an empty full model is more likely a mistake than a patch that changes nothing.
    /// </summary>
    /// <param name="header">The body's header.</param>
    /// <param name="inTaskLayout">Whether the task layout has a tensor of a name.</param>
    public static bool IsPatch(SafetensorsHeader header, Func<string, bool> inTaskLayout) => header.Tensors.Count == 0
        ? header.Metadata.GetValueOrDefault("format") == SparsePatchWriter.Format
        : HasPatchNames(header) && !header.Tensors.Any(tensor => inTaskLayout(tensor.Info.Name));

    /// <summary>Whether every name is that of a half of a pair; where one is not, the task layout need not be asked.</summary>
    public static bool HasPatchNames(SafetensorsHeader header) => header.Tensors.All(tensor =>
        tensor.Info.Name.EndsWith(SparsePatchReader.IndicesSuffix, StringComparison.Ordinal)
        || tensor.Info.Name.EndsWith(SparsePatchReader.ValuesSuffix, StringComparison.Ordinal));
}
