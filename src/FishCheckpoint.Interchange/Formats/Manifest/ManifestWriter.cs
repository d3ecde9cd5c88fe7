using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Interchange.Writing;

namespace FishCheckpoint.Interchange.Formats.Manifest;

/// <summary>Writes versions of the format: the inverse of <see cref="ManifestReader"/>.</summary>
internal sealed class ManifestWriter : IVersionWriter
{
    private readonly ExportOptions options;
    private readonly string checksum;

    public ManifestWriter(ExportOptions options)
    {
        this.options = options;
        checksum = Choice.Of(options.Checksum, "checksum", Checksums.Xxh3, Checksums.Sha256);
        Choice.Of(options.Encoding, "encoding", "xor");
        Choice.None(options.Positions, "positions");
    }

    public async Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation)
    {
        var place = Path.Combine(options.Folder, ManifestFormat.FullFolder(state.Number));
        using var version = new StagedVersion(place);
        await ModelFilesWriter.WriteAsync(version, "", model, cancellation);
        return new Written(version.Commit(), place, version.Bytes);
    }

    public Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation)
    {
        using var spool = new FrameSpool(checksum, options.SpoolFolder);
        foreach (var tensor in pair.Changed)
        {
            if (TorchDtypes.NameOf(tensor.Type) is null)
            {
                throw new FishException(
                    ErrorCode.DtypeMismatch, $"{state.Name}: {tensor.Name}",
                    $"The format has no name for {Tensors.DTypes.NameOf(tensor.Type)}.", "Export as disk-delta.");
            }

            spool.AddXor(pair, tensor, cancellation);
        }

        var place = Path.Combine(options.Folder, ManifestFormat.DeltaFolder(state.Number));
        using var version = new StagedVersion(place);
        var (tensors, files) = (new List<ManifestTensor>(), new List<string>());
        foreach (var frames in FrameShards.Of(spool.Frames, pair.Files, options.ShardSize))
        {
            var file = $"delta-rank00000-file{files.Count:D6}.safetensors";
            FrameShards.Write(version, file, frames, spool, withChecksums: false);
            tensors.AddRange(frames.Select(frame => ToTensor(frame, file)));
            files.Add(file);
        }

        version.Write(ManifestDocument.FileName, new ManifestDocument(state.Number, below.Number, tensors, files).Write());
        return new Written(version.Commit(), place, version.Bytes);
    }

    private ManifestTensor ToTensor(SpooledFrame frame, string file) => new(
        frame.Tensor.Name, TorchDtypes.NameOf(frame.Tensor.Type)!, [.. frame.Tensor.Shape], frame.Tensor.Bytes, frame.Length, file,
        frame.Tensor.Name,
        new ExpectedChecksum(checksum, frame.Checksum));
}
