using System.Buffers.Binary;
using System.Numerics.Tensors;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// BitX: the XOR of the whole model, split into the bytes of each significance, one zstd-1 frame for each of these planes of a tensor.
/// </summary>
internal sealed class BitX : IPeer
{
    public string Name => "BitX (XOR planes, zstd-1)";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var result = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (var tensor = 0; tensor < before.Tensors.Length; tensor++)
        {
            var unit = before.Layout.Tensors[tensor].UnitSize;
            var (xor, planes) = (new byte[before.Tensors[tensor].Length], new byte[before.Tensors[tensor].Length]);
            TensorPrimitives.Xor<byte>(before.Tensors[tensor], after.Tensors[tensor], xor);
            BytePlanes.Split(xor, unit, planes);
            for (var plane = 0; plane < unit; plane++)
            {
                var frame = Zstandard.Compress(planes.AsSpan(plane * (planes.Length / unit), planes.Length / unit), 1);
                BinaryPrimitives.WriteInt32LittleEndian(length, frame.Length);
                result.Write(length);
                result.Write(frame);
            }
        }

        return result.ToArray();
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var rest = encoded.AsSpan();
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            var (bytes, unit) = (target.Tensors[tensor], target.Layout.Tensors[tensor].UnitSize);
            var (xor, planes) = (new byte[bytes.Length], new byte[bytes.Length]);
            for (var plane = 0; plane < unit; plane++)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                Zstandard.Decompress(rest.Slice(sizeof(int), length), planes.AsSpan(plane * (planes.Length / unit), planes.Length / unit));
                rest = rest[(sizeof(int) + length)..];
            }

            BytePlanes.Join(planes, unit, xor);
            TensorPrimitives.Xor<byte>(bytes, xor, bytes);
        }
    }
}
