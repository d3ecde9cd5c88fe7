using System.Security.Cryptography;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Reads a base's file in any form, and compares every block with its checksum and the file with its digest.</summary>
internal static class BaseFileCheck
{
    /// <summary>Whether the file exists with the right length; reads the head of a compressed one.</summary>
    public static BaseDamage? Quick(BaseFile file, string path) => Guarded(() =>
    {
        if (file.Header is not null)
        {
            BaseFiles.Open(path, file.Header).Dispose();
        }
        else if (new FileInfo(path) is not { Exists: true } found || found.Length != file.Bytes)
        {
            return new BaseDamage("CORRUPT_BASE: The file is missing or has another length.", null);
        }

        return null;
    });

    /// <summary>Reads the whole file and reports the bytes of each read.</summary>
    public static BaseDamage? Full(BaseFile file, string path, CancellationToken cancellationToken, Action<long>? read = null) =>
        Guarded(() =>
        file.Header is { } header ? Tensors(file, header, path, read, cancellationToken) : Plain(file, path, read, cancellationToken));

    private static BaseDamage? Tensors(BaseFile file, SafetensorsHeader header, string path, Action<long>? read,
        CancellationToken cancellationToken)
    {
        using var opened = BaseFiles.Open(path, header);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header.ToFileBytes());
        var (buffer, index, damaged, first, count) = (new byte[Blocks.Size], 0, new HashSet<string>(StringComparer.Ordinal), "", 0);
        foreach (var tensor in header.Tensors)
        {
            for (var block = 0L; block < Blocks.CountOf(tensor.Info); block++, index++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor.Info, block));
                if (!TryRead(opened, tensor, block, index, bytes) || index >= file.Crcs.Length || Crc32C.Compute(bytes) != file.Crcs[index])
                {
                    first = count++ == 0 ? $"block {block} of {tensor.Info.Name}" : first;
                    damaged.Add(tensor.Info.Name);
                }

                hash.AppendData(bytes);
                read?.Invoke(bytes.Length);
            }
        }

        return count > 0
            ? new BaseDamage($"CORRUPT_BASE: {first} is damaged{(count > 1 ? $", and so are {count - 1} other blocks" : "")}.", damaged)
            : Digest.Finish(hash) != file.Sha256
            ? new BaseDamage("CORRUPT_BASE: The blocks match their checksums, but the file does not match its digest.", null) : null;
    }

    private static BaseDamage? Plain(BaseFile file, string path, Action<long>? read, CancellationToken cancellationToken)
    {
        using var handle = PositionalFile.Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var damaged = RandomAccess.GetLength(handle) != file.Bytes;
        foreach (var block in PlainBlocks.Of(file.Bytes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = PlainBlocks.Read(handle, block, file.Bytes, path);
            damaged |= block >= file.Crcs.Length || Crc32C.Compute(bytes) != file.Crcs[block];
            hash.AppendData(bytes);
            read?.Invoke(bytes.Length);
        }

        return damaged || Digest.Finish(hash) != file.Sha256 ? new BaseDamage("CORRUPT_BASE: The file does not match its digest.", null)
            : null;
    }

    private static bool TryRead(IBaseFile file, StoredTensor tensor, long block, int index, Span<byte> bytes)
    {
        try
        {
            file.ReadBlock(tensor.Info.Type, tensor.Begin + (block * Blocks.Size), index, bytes);
            return true;
        }
        catch (Exception error) when (error is IOException || (error is FishException { Kind: not ErrorKind.Unavailable }))
        {
            bytes.Clear();
            return false;
        }
    }

    private static BaseDamage? Guarded(Func<BaseDamage?> check)
    {
        try
        {
            return check();
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return new BaseDamage($"CORRUPT_BASE: The file cannot be read: {(error is FishException fish ? fish.Cause : error.Message)}",
                null);
        }
    }
}
