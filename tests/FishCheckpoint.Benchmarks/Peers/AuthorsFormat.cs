using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// What the FISH mask's authors save: for each tensor its int32 positions and its new values, as float32. Without the pickle around them,
/// and a count before each tensor in its place.
/// </summary>
internal sealed class AuthorsFormat : IPeer
{
    public string Name => "FISH authors' (int32, float32)";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var (buffer, result) = (Array.Empty<int>(), new MemoryStream());
        for (var tensor = 0; tensor < before.Tensors.Length; tensor++)
        {
            var info = before.Layout.Tensors[tensor];
            var positions = Changes.Of(before, after, tensor, ref buffer);
            result.Write(BitConverter.GetBytes(positions.Length));
            result.Write(MemoryMarshal.AsBytes(positions));
            result.Write(Widen(Changes.Gather(after.Tensors[tensor], info.UnitSize, positions), info.Type));
        }

        return result.ToArray();
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var rest = encoded.AsSpan();
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            var info = target.Layout.Tensors[tensor];
            var bytes = BinaryPrimitives.ReadInt32LittleEndian(rest) * sizeof(int);
            var positions = MemoryMarshal.Cast<byte, int>(rest.Slice(sizeof(int), bytes));
            Changes.Scatter(target.Tensors[tensor], info.UnitSize, positions, Narrow(rest.Slice(sizeof(int) + bytes, bytes), info.Type));
            rest = rest[(sizeof(int) + (2 * bytes))..];
        }
    }

    // Every bf16 and fp16 is a float32 too, so nothing is lost.
    private static ReadOnlySpan<byte> Widen(byte[] values, DType type)
    {
        if (type == DType.F32)
        {
            return values;
        }

        var source = MemoryMarshal.Cast<byte, ushort>(values.AsSpan());
        var wide = new float[source.Length];
        for (var index = 0; index < wide.Length; index++)
        {
            wide[index] = type == DType.BF16 ? BitConverter.Int32BitsToSingle(source[index] << 16)
                : (float)BitConverter.UInt16BitsToHalf(source[index]);
        }

        return MemoryMarshal.AsBytes(wide.AsSpan());
    }

    private static ReadOnlySpan<byte> Narrow(ReadOnlySpan<byte> values, DType type)
    {
        if (type == DType.F32)
        {
            return values;
        }

        var source = MemoryMarshal.Cast<byte, float>(values);
        var narrow = new ushort[source.Length];
        for (var index = 0; index < narrow.Length; index++)
        {
            narrow[index] = type == DType.BF16
                ? (ushort)(BitConverter.SingleToInt32Bits(source[index]) >> 16) : BitConverter.HalfToUInt16Bits((Half)source[index]);
        }

        return MemoryMarshal.AsBytes(narrow.AsSpan());
    }
}
