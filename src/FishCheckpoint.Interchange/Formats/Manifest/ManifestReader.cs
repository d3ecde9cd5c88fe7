using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Manifest;

/// <summary>A delta of the format; refused unless its manifest matches its tensors and frames.</summary>
internal sealed class ManifestReader : IVersionDelta
{
    private readonly string key;
    private readonly Dictionary<string, ManifestTensor> tensors;
    private readonly CompressedShards shards;

    public ManifestReader(FoundVersion version, int maxHeaderLength)
    {
        key = version.Key;
        var manifest = ManifestDocument.Read(version.Path, key, maxHeaderLength);
        tensors = manifest.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var files = manifest.Files.Concat(tensors.Values.Select(tensor => tensor.File)).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        shards = CompressedShards.Open(version.Path, files, key, maxHeaderLength);
    }

    public IReadOnlyCollection<string> Tensors => tensors.Keys;

    public ExpectedChecksum? Whole => null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        var (said, at) = (tensors[tensor], $"{key}: {tensor}");
        Check(said, info, at);
        var frame = shards.OpenFrame(said.File, said.Key, at);
        try
        {
            frame.Require(info.Bytes);
            return new XorPatch(frame);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    public ExpectedChecksum? ChecksumOf(string tensor) => tensors[tensor].Checksum;

    public void Dispose() => shards.Dispose();

    private void Check(ManifestTensor said, TensorInfo info, string at)
    {
        if (TorchDtypes.NameOf(info.Type) is not { } name || (said.Dtype != name && said.Dtype != $"torch.{name}"))
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, at, $"The manifest has the dtype {said.Dtype}; the task layout has {DTypes.NameOf(info.Type)}.",
                "Give the base of the versions.");
        }

        if (!said.Shape.AsSpan().SequenceEqual([.. info.Shape]) || said.Bytes != info.Bytes)
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, at,
                $"The manifest has {TensorInfo.ShapeText(said.Shape)} in {said.Bytes} bytes; the task layout has "
                + $"{TensorInfo.ShapeText([.. info.Shape])}.",
                "Give the base of the versions.");
        }

        var stored = shards.HeaderOf(said.File).Tensors.FirstOrDefault(item => item.Info.Name == said.Key);
        if (stored is not null && stored.Info.Bytes != said.CompressedBytes)
        {
            throw JsonFile.Fail(at, $"The manifest gives the frame {said.CompressedBytes} bytes; it has {stored.Info.Bytes}.");
        }
    }
}
