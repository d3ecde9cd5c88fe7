using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// A base's file with separately compressed blocks, so that each can be read alone (docs/reference/format/container.md, "Compressed
/// bases").
/// </summary>
internal sealed class CompressedBaseFile : IBaseFile
{
    private readonly SafeFileHandle handle;
    private readonly string path;
    private readonly long[] offsets;

    private CompressedBaseFile(SafeFileHandle handle, string path, long[] offsets) =>
        (this.handle, this.path, this.offsets) = (handle, path, offsets);

    /// <summary>Writes a compressed file from a plain one.</summary>
    /// <param name="source">The plain file.</param>
    /// <param name="target">The destination; the caller commits it.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public static void Write(SafetensorsFile source, Stream target, CancellationToken cancellationToken)
    {
        var header = source.Header;
        var (lengths, index, scratch) = (new int[CompressedBaseHead.BlocksOf(header)], 0, CompressedBaseScratch.Rent());
        target.Position = CompressedBaseHead.LengthOf(header);
        foreach (var tensor in header.Tensors)
        {
            for (var block = 0L; block < Blocks.CountOf(tensor.Info); block++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var plain = scratch.Plain.AsSpan(0, Blocks.LengthOf(tensor.Info, block));
                source.ReadData(tensor.Begin + (block * Blocks.Size), plain);
                var length = scratch.Coder.Encode(tensor.Info.Type, plain, scratch.Encoded);
                RequireSame(scratch, tensor.Info.Type, length, plain);
                target.Write(scratch.Encoded, 0, length);
                lengths[index++] = length;
            }
        }

        scratch.Return();
        target.Position = 0;
        target.Write(CompressedBaseHead.Write(header, lengths));
    }

    /// <summary>Opens a compressed file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="header">The expected header.</param>
    /// <returns><see langword="null"/> if there is no file or it is not compressed.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptBase"/>; <see cref="ErrorCode.BodyTruncated"/>.</exception>
    public static CompressedBaseFile? TryOpen(string path, SafetensorsHeader header)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var opened = PositionalFile.Open(path);
        try
        {
            Span<byte> magic = stackalloc byte[CompressedBaseHead.Magic.Length];
            if (RandomAccess.Read(opened, magic, 0) == magic.Length && magic.SequenceEqual(CompressedBaseHead.Magic))
            {
                var head = new byte[CompressedBaseHead.LengthOf(header)];
                PositionalFile.ReadExactly(opened, 0, head, path);
                return new CompressedBaseFile(opened, path, CompressedBaseHead.Read(head, header, RandomAccess.GetLength(opened), path));
            }
        }
        catch
        {
            opened.Dispose();
            throw;
        }

        opened.Dispose();
        return null;
    }

    public void ReadBlock(DType type, long offset, int index, Span<byte> destination)
    {
        var scratch = CompressedBaseScratch.Rent();
        var encoded = scratch.Encoded.AsSpan(0, (int)(offsets[index + 1] - offsets[index]));
        PositionalFile.ReadExactly(handle, offsets[index], encoded, path);
        scratch.Coder.Decode(encoded, type, destination);
        scratch.Return();
    }

    public void Dispose() => handle.Dispose();

    // Each encoded block is decoded and compared before it counts.
    private static void RequireSame(CompressedBaseScratch scratch, DType type, int length, ReadOnlySpan<byte> plain)
    {
        var again = scratch.Again.AsSpan(0, plain.Length);
        scratch.Coder.Decode(scratch.Encoded.AsSpan(0, length), type, again);
        if (!again.SequenceEqual(plain))
        {
            throw new FishException(
                ErrorCode.CorruptBase, "encoder",
                "An encoded block does not decode to the same bytes.",
                "Check this machine's memory. Add the base again, or set FishCheckpoint:Compression:Bases to None.");
        }
    }
}
