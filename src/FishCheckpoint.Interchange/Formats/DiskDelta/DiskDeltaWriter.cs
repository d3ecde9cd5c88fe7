using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Writing;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.DiskDelta;

/// <summary>Writes versions of the format: the inverse of <see cref="DiskDeltaReader"/>.</summary>
internal sealed class DiskDeltaWriter : IVersionWriter
{
    private readonly ExportOptions options;
    private readonly bool isModelExpress;
    private readonly string encoding;
    private readonly string checksum;

    /// <param name="options">The export's options.</param>
    /// <param name="isModelExpress">Whether to write for ModelExpress, which has one encoding, one checksum and no alias tensor.</param>
    public DiskDeltaWriter(ExportOptions options, bool isModelExpress)
    {
        (this.options, this.isModelExpress) = (options, isModelExpress);
        encoding = isModelExpress ? Choice.Of(options.Encoding, "encoding", DiskDeltaIndex.Xor)
            : Choice.Of(options.Encoding, "encoding", DiskDeltaIndex.Xor, DiskDeltaIndex.Overwrite);
        checksum = isModelExpress ? Choice.Of(options.Checksum, "checksum", Checksums.Adler32)
            : Choice.Of(options.Checksum, "checksum", Checksums.Xxh3, Checksums.Blake3, Checksums.Adler32);
        Choice.None(options.Positions, "positions");
    }

    public async Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation)
    {
        using var version = new StagedVersion(PlaceOf(state));
        await (isModelExpress ? IndexedModelWriter.WriteAsync(version, model, cancellation)
            : ModelFilesWriter.WriteAsync(version, "", model, cancellation));
        return new Written(version.Commit(), PlaceOf(state), version.Bytes);
    }

    public Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation)
    {
        using var spool = new FrameSpool(checksum, options.SpoolFolder);
        var tied = isModelExpress ? ModelConfig.FindTiedAsync(pair.To, cancellation).GetAwaiter().GetResult() : null;
        foreach (var tensor in pair.Changed.Where(tensor => tensor.Name != tied))
        {
            if (encoding == DiskDeltaIndex.Xor)
            {
                spool.AddXor(pair, tensor, cancellation);
            }
            else
            {
                spool.AddOverwrite(pair, tensor, cancellation);
            }
        }

        var shards = FrameShards.Of(spool.Frames, pair.Files, options.ShardSize);
        using var version = new StagedVersion(PlaceOf(state));
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var shard = 0; shard < shards.Count; shard++)
        {
            var file = $"model-{shard:D5}-of-{shards.Count:D5}.safetensors";
            FrameShards.Write(version, file, shards[shard], spool, withChecksums: true);
            shards[shard].ForEach(frame => files.Add(frame.Tensor.Name, file));
        }

        var index = new DiskDeltaIndex(state.Name, below.Name, encoding, DiskDeltaIndex.Zstd, checksum);
        version.Write(ShardIndex.FileName, index.Write(files));
        return new Written(version.Commit(), PlaceOf(state), version.Bytes);
    }

    private string PlaceOf(ExportState state) =>
        Path.Combine(options.Folder, VersionName.CheckFile(DiskDeltaFormat.FolderOf(state.Name), state.Name));
}
