using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// Receives the files of a base: writes and syncs each under a temporary name, computes its digest, and checks it before the base counts.
/// </summary>
internal sealed class BaseReceiver(BaseLimits limits, string folder)
{
    /// <summary>The files that are not part of the base, by name; set by <see cref="ReceiveAsync"/>.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; private set; } = [];

    public async Task<BaseContent> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken)
    {
        try
        {
            return await TakeAsync(files, cancellationToken);
        }
        catch (FishException error) when (error.Code == ErrorCode.FileUnreadable
            && (error.Key == "base" || error.Key.StartsWith(folder, StringComparison.Ordinal)))
        {
            // The received files are on the store's own disk, so the sender is not at fault.
            throw new FishException(
                ErrorCode.StorageUnavailable, "base", error.InnerException?.Message ?? error.Cause,
                "Check the disk and the limit of open files, and send the base again. Nothing was stored.", error);
        }
    }

    private async Task<BaseContent> TakeAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken)
    {
        var (names, received) = (new FolderNames(), new Dictionary<string, (long Length, Digest Digest)>(StringComparer.Ordinal));
        await foreach (var file in files.WithCancellation(cancellationToken))
        {
            names.Add(file.Name);
            var path = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            received.Add(file.Name, await WriteAsync(file, path, cancellationToken));
        }

        var contents = ReadContents();
        foreach (var left in received.Keys.Except(contents.Weights).Except(contents.SideFiles.Select(file => file.Name)).ToArray())
        {
            File.Delete(Path.Combine(folder, left));
            received.Remove(left);
        }

        LeftOut = contents.LeftOut;
        var ordered = received.OrderBy(file => file.Key, StringComparer.Ordinal)
            .Select(file =>
                Describe(file.Key, file.Value.Length, file.Value.Digest, contents.Weights.Contains(file.Key), cancellationToken))
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
                    ErrorCode.FileNotFound, "base", "The base's model is a PyTorch file, which a store cannot read.",
                    "Send safetensors files, or add the base with the command line, which converts it.");
        }
        catch (FishException error) when (error.Key == folder)
        {
            // The sender does not know the temporary folder.
            throw new FishException(error.Code, "base", error.Cause, error.Hint, error);
        }
    }

    private BaseFile Describe(string name, long length, Digest digest, bool isWeights, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        if (!isWeights)
        {
            return new BaseFile(name, length, digest, null, PlainCrcs(path, length));
        }

        using var compressed = limits.Compression == BaseCompression.Compressed ? AtomicFile.Create(path) : null;
        BaseFile received;
        using (var opened = SafetensorsFile.Open(path, limits.MaxHeaderBytes))
        {
            received = new BaseFile(name, length, digest, opened.Header, TensorCrcs(opened));
            if (compressed is not null)
            {
                CompressedBaseFile.Write(opened, compressed.Stream, cancellationToken);
            }
        }

        // Windows cannot replace an open file, so the plain file is closed first.
        compressed?.Commit();
        return received;
    }

    private async Task<(long Length, Digest Digest)> WriteAsync(UploadFile file, string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[Blocks.Size];
        var length = 0L;
        while (await ReadAsync(file, buffer, cancellationToken) is var read and > 0)
        {
            if ((length += read) > limits.MaxUploadBytes)
            {
                throw new FishException(ErrorCode.TooLarge, file.Name, $"The file exceeds {limits.MaxUploadBytes} bytes.",
                    "Raise Limits:MaxUploadBytes.");
            }

            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        AtomicFile.SyncFile(target);
        return (length, Digest.Finish(hash));
    }

    // An error of the sender's stream is no fault of the disk.
    private static async Task<int> ReadAsync(UploadFile file, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await file.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (IOException error)
        {
            throw new FishException(
                ErrorCode.BodyTruncated, file.Name, $"The upload was interrupted: {error.Message}", "Send it again. Nothing was stored.",
                error);
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
