using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>
/// Writes a model from a local one and a delta in one pass. Each block is read, added to the old file's digest, patched, added to the new
/// file's digest and written. The local model is only read.
/// </summary>
/// <param name="from">The local model.</param>
/// <param name="layout">The layout that the delta's positions refer to.</param>
/// <param name="delta">The delta.</param>
internal sealed class PatchedCopy(PulledFolder from, Layout layout, DeltaCursor delta)
{
    private readonly byte[] block = new byte[Blocks.Size];

    /// <summary>Writes one file.</summary>
    /// <param name="old">The local file.</param>
    /// <param name="header">The new file's header; its tensors have the same places as in the old file.</param>
    /// <param name="incoming">The destination.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <exception cref="DamagedCopyException">The local file was changed or damaged.</exception>
    public PulledFile Write(PulledFile old, SafetensorsHeader header, IncomingFolder incoming, CancellationToken cancellation)
    {
        using var source = Open(old);
        using var before = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var target = incoming.Create(old.Name, header.FileLength);
        before.AppendData(source.Header.ToFileBytes());
        target.Write(header.ToFileBytes());
        foreach (var tensor in header.Tensors)
        {
            layout.TryIndexOf(tensor.Info.Name, out var index);
            for (var number = 0L; number < Blocks.CountOf(tensor.Info); number++)
            {
                cancellation.ThrowIfCancellationRequested();
                var bytes = block.AsSpan(0, Blocks.LengthOf(tensor.Info, number));
                Read(source, tensor.Begin + (number * Blocks.Size), bytes);
                before.AppendData(bytes);
                delta.Apply(index, number, bytes);
                target.Write(bytes);
            }
        }

        if (Digest.Finish(before) != old.Sha256)
        {
            throw Damaged(old);
        }

        return target.Seal();
    }

    /// <summary>Copies a file that the delta does not change.</summary>
    /// <exception cref="DamagedCopyException">The local file was changed or damaged.</exception>
    public PulledFile Copy(PulledFile old, IncomingFolder incoming, CancellationToken cancellation)
    {
        using var source = OpenPlain(old);
        using var target = incoming.Create(old.Name, old.Bytes);
        for (var offset = 0L; offset < old.Bytes;)
        {
            cancellation.ThrowIfCancellationRequested();
            var bytes = block.AsSpan(0, (int)Math.Min(block.Length, old.Bytes - offset));
            ReadPlain(source, bytes, old);
            target.Write(bytes);
            offset += bytes.Length;
        }

        var copied = target.Seal();
        return copied == old ? copied : throw Damaged(old);
    }

    /// <summary>Whether both files place their tensors alike, so that one pass is enough.</summary>
    /// <exception cref="DamagedCopyException">The local file cannot be read.</exception>
    public static bool Fits(PulledFolder from, PulledFile old, SafetensorsHeader header)
    {
        using var source = Open(from, old);
        return source.Header.Tensors.SequenceEqual(header.Tensors);
    }

    private SafetensorsFile Open(PulledFile old) => Open(from, old);

    private static SafetensorsFile Open(PulledFolder from, PulledFile old)
    {
        try
        {
            return SafetensorsFile.Open(Path.Combine(from.Path, old.Name));
        }
        catch (Exception error) when (error is FishException or IOException or UnauthorizedAccessException)
        {
            throw Damaged(from, old, error);
        }
    }

    private FileStream OpenPlain(PulledFile old)
    {
        try
        {
            return PositionalFile.OpenStream(Path.Combine(from.Path, old.Name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Damaged(from, old, error);
        }
    }

    private void Read(SafetensorsFile source, long offset, Span<byte> bytes)
    {
        try
        {
            source.ReadData(offset, bytes);
        }
        catch (Exception error) when (error is FishException or IOException)
        {
            throw new DamagedCopyException($"{from.Name}/{Path.GetFileName(source.Path)} cannot be read: {error.Message}", error);
        }
    }

    private void ReadPlain(FileStream source, Span<byte> bytes, PulledFile old)
    {
        try
        {
            source.ReadExactly(bytes);
        }
        catch (IOException error)
        {
            throw Damaged(from, old, error);
        }
    }

    private DamagedCopyException Damaged(PulledFile old) => Damaged(from, old, null);

    private static DamagedCopyException Damaged(PulledFolder from, PulledFile old, Exception? error) =>
        new($"{from.Name}/{old.Name} was changed or damaged.", error);
}
