using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Takes in the files of a base: written and synced under a temporary name, digested as they come, checked before they
/// count.</summary>
internal sealed class BaseReceiver(BaseLimits limits, string folder)
{
    /// <summary>What came and is no part of the base, by name, once <see cref="ReceiveAsync"/> is done.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; private set; } = [];

    public async Task<BaseContent> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellation)
    {
        try
        {
            return await TakeAsync(files, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.FileUnreadable
            && (error.Key == "base" || error.Key.StartsWith(folder, StringComparison.Ordinal)))
        {
            // What has arrived lies on the store's own disk: not the sender is at fault.
            throw new FishException(
                ErrorCode.StorageUnavailable, "base", error.InnerException?.Message ?? error.Cause,
                "Check the disk, and how many files the process may have open. Then send it again; nothing was stored.", error);
        }
    }

    private async Task<BaseContent> TakeAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellation)
    {
        var (names, received) = (new FolderNames(), new Dictionary<string, (long Length, Digest Digest)>(StringComparer.Ordinal));
        await foreach (var file in files.WithCancellation(cancellation))
        {
            names.Add(file.Name);
            var path = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            received.Add(file.Name, await WriteAsync(file, path, cancellation));
        }

        var contents = ReadContents();
        foreach (var left in received.Keys.Except(contents.Weights).Except(contents.SideFiles.Select(file => file.Name)).ToArray())
        {
            File.Delete(Path.Combine(folder, left));
            received.Remove(left);
        }

        LeftOut = contents.LeftOut;
        var ordered = received.OrderBy(file => file.Key, StringComparer.Ordinal)
            .Select(file => Describe(file.Key, file.Value.Length, file.Value.Digest, contents.Weights.Contains(file.Key), cancellation))
                .ToArray();
        var content = new BaseContent(BaseContent.IdentityOf(ordered), ordered);
        if (contents.SideFiles.FirstOrDefault(file => ShardIndex.IsName(file.Name)) is { } index)
        {
            ShardIndex.CheckFile(index.Path, content.Files, limits.MaxHeaderBytes);
        }

        return content;
    }

    private FolderContents ReadContents()
    {
        try
        {
            return FolderContents.Read(folder, maxIndexLength: limits.MaxHeaderBytes) is { IsTorch: false } contents ? contents
                : throw new FishException(
                ErrorCode.FileNotFound, "base", "The base's model is a PyTorch file, which is not read here.",
                "Send safetensors files; the program fish reads both.");
        }
        catch (FishException error) when (error.Key == folder)
        {
            // The folder is a temporary one that the sender knows nothing of.
            throw new FishException(error.Code, "base", error.Cause, error.Hint, error);
        }
    }

    private BaseFile Describe(string name, long length, Digest digest, bool isWeights, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, name);
        if (!isWeights)
        {
            return new BaseFile(name, length, digest, null, PlainCrcs(path, length));
        }

        using var dense = limits.Compression == BaseCompression.Compressed ? AtomicFile.Create(path) : null;
        BaseFile received;
        using (var opened = SafetensorsFile.Open(path, limits.MaxHeaderBytes))
        {
            received = new BaseFile(name, length, digest, opened.Header, TensorCrcs(opened));
            if (dense is not null)
            {
                CompressedBaseFile.Write(opened, dense.Stream, cancellation);
            }
        }

        // The plain file is closed before it is replaced: Windows replaces no open file.
        dense?.Commit();
        return received;
    }

    private async Task<(long Length, Digest Digest)> WriteAsync(UploadFile file, string path, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[Blocks.Size];
        var length = 0L;
        while (await ReadAsync(file, buffer, cancellation) is var read and > 0)
        {
            if ((length += read) > limits.MaxUploadBytes)
            {
                throw new FishException(ErrorCode.TooLarge, file.Name, $"A file has at most {limits.MaxUploadBytes} bytes.",
                    "Raise Limits:MaxUploadBytes.");
            }

            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }

        AtomicFile.SyncFile(target);
        return (length, Digest.Finish(hash));
    }

    // A sender that goes away is not a fault of the disk.
    private static async Task<int> ReadAsync(UploadFile file, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await file.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        }
        catch (IOException error)
        {
            throw new FishException(
                ErrorCode.BodyTruncated, file.Name, $"The upload broke off: {error.Message}", "Send it again; nothing was stored.", error);
        }
    }

    private static uint[] TensorCrcs(SafetensorsFile file)
    {
        var (buffer, crcs) = (new byte[Blocks.Size], new List<uint>());
        foreach (var tensor in file.Header.Tensors)
        {
            for (var block = 0L; block < Blocks.CountOf(tensor.Info); block++)
            {
                var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor.Info, block));
                file.ReadData(tensor.Begin + (block * Blocks.Size), bytes);
                crcs.Add(Crc32C.Compute(bytes));
            }
        }

        return [.. crcs];
    }

    private static uint[] PlainCrcs(string path, long length)
    {
        using var handle = PositionalFile.Open(path);
        return [.. PlainBlocks.Of(length).Select(block => Crc32C.Compute(PlainBlocks.Read(handle, block, length, path)))];
    }
}
