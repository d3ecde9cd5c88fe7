using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// A base's file whose blocks are compressed one by one, so that each can be read alone (docs/reference/format/container.md, "Compressed
/// bases").
/// </summary>
internal sealed class CompressedBaseFile : IBaseFile
{
    private readonly SafeFileHandle handle;
    private readonly string path;
    private readonly long[] offsets;

    private CompressedBaseFile(SafeFileHandle handle, string path, long[] offsets) =>
        (this.handle, this.path, this.offsets) = (handle, path, offsets);

    /// <summary>Writes one, durably, in the place of a plain file.</summary>
    /// <param name="source">The plain file.</param>
    /// <param name="target">Where it goes; the caller commits it.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static void Write(SafetensorsFile source, Stream target, CancellationToken cancellation)
    {
        var header = source.Header;
        var (lengths, index, scratch) = (new int[CompressedBaseHead.BlocksOf(header)], 0, CompressedBaseScratch.Rent());
        target.Position = CompressedBaseHead.LengthOf(header);
        foreach (var tensor in header.Tensors)
        {
            for (var block = 0L; block < Blocks.CountOf(tensor.Info); block++)
            {
                cancellation.ThrowIfCancellationRequested();
                var plain = scratch.Plain.AsSpan(0, Blocks.LengthOf(tensor.Info, block));
                source.ReadData(tensor.Begin + (block * Blocks.Size), plain);
                var length = scratch.Coder.Encode(tensor.Info.Type, plain, scratch.Encoded);
                Prove(scratch, tensor.Info.Type, length, plain);
                target.Write(scratch.Encoded, 0, length);
                lengths[index++] = length;
            }
        }

        scratch.Return();
        target.Position = 0;
        target.Write(CompressedBaseHead.Write(header, lengths));
    }

    /// <summary>Opens one.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="header">The header that it has to have.</param>
    /// <returns><see langword="null"/>: there is no file, or it is not a compressed one.</returns>
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

    // What was encoded is decoded and compared before it counts.
    private static void Prove(CompressedBaseScratch scratch, DType type, int length, ReadOnlySpan<byte> plain)
    {
        var again = scratch.Again.AsSpan(0, plain.Length);
        scratch.Coder.Decode(scratch.Encoded.AsSpan(0, length), type, again);
        if (!again.SequenceEqual(plain))
        {
            throw new FishException(
                ErrorCode.CorruptBase, "encoder",
                "What was encoded does not decode to the same bytes: the memory or the program is faulty.",
                "Check the machine's memory; add the base again, or with FishCheckpoint:Compression:Bases set to None.");
        }
    }
}
