using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.DiskDelta;

/// <summary>A delta of the format; refused unless its shards match its index.</summary>
internal sealed class DiskDeltaReader : IVersionDelta
{
    private readonly string key;
    private readonly DiskDeltaIndex index;
    private readonly Dictionary<string, string> files;
    private readonly CompressedShards shards;

    public DiskDeltaReader(FoundVersion version, int maxHeaderLength)
    {
        key = version.Key;
        (index, files) = DiskDeltaIndex.Read(version.Path, key, maxHeaderLength);
        CheckMetadata();
        CheckFolder(version.Path);
        shards = CompressedShards.Open(
            version.Path, files.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), key, maxHeaderLength);
        try
        {
            CheckShards();
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<string> Tensors => files.Keys;

    public ExpectedChecksum? Whole => null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        var at = $"{key}: {tensor}";
        if (index.Encoding == DiskDeltaIndex.Overwrite)
        {
            return new OverwritePatch(() => shards.OpenFrame(files[tensor], tensor, at), info, at);
        }

        var frame = shards.OpenFrame(files[tensor], tensor, at);
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

    public ExpectedChecksum? ChecksumOf(string tensor) =>
        new ExpectedChecksum(index.Checksum!, shards.HeaderOf(files[tensor]).Metadata[tensor]);

    public void Dispose() => shards.Dispose();

    private void CheckMetadata()
    {
        if (index.Encoding is not (DiskDeltaIndex.Xor or DiskDeltaIndex.Overwrite))
        {
            throw JsonFile.Fail(
                key, $"The encoding '{index.Encoding}' is unknown; {DiskDeltaIndex.Xor} and {DiskDeltaIndex.Overwrite} are supported.");
        }

        if (index.Compression != DiskDeltaIndex.Zstd)
        {
            throw JsonFile.Fail(key, $"The compression '{index.Compression}' is unknown; {DiskDeltaIndex.Zstd} is supported.");
        }

        _ = Checksums.Create(index.Checksum ?? "", key);
    }

    // The format's own readers apply any files that they find.
    private void CheckFolder(string folder)
    {
        var named = files.Values.ToHashSet(StringComparer.Ordinal);
        if (VersionFolders.FilesOf(folder).Where(VersionFolders.IsTensors).Select(Path.GetFileName)
            .FirstOrDefault(file => !named.Contains(file!)) is { } more)
        {
            throw JsonFile.Fail(key, $"The file {more} is not in the index.");
        }
    }

    private void CheckShards()
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var shard in shards.Names)
        {
            var header = shards.HeaderOf(shard);
            foreach (var tensor in header.Tensors.Select(tensor => tensor.Info.Name))
            {
                if (files.GetValueOrDefault(tensor) != shard || !found.Add(tensor))
                {
                    throw JsonFile.Fail($"{key}: {tensor}",
                        $"The tensor is in {shard}; the index has {files.GetValueOrDefault(tensor) ?? "nothing"}.");
                }

                if (!header.Metadata.ContainsKey(tensor))
                {
                    throw new FishException(
                        ErrorCode.VersionInvalid, $"{key}: {tensor}", $"{shard} does not have a checksum for the tensor.",
                        "Write the version again with checksums.");
                }
            }
        }

        if (files.Keys.FirstOrDefault(tensor => !found.Contains(tensor)) is { } missing)
        {
            throw JsonFile.Fail($"{key}: {missing}", $"The tensor is not in {files[missing]}, the file that the index gives.");
        }
    }
}
