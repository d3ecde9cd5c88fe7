using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Units of a dtype without a parent: the dtype, how many (two bytes), and the encoding.</summary>
internal sealed class DenseTarget : FuzzTarget
{
    private const int HeadLength = 3;

    private readonly UnitCoder coder = new();

    public DenseTarget() =>
        Seeds = [.. DTypes.All.SelectMany(type => new[] { 0, 1, 70, 5000 }.Select(units => Encode(type, Weights(type, units))))];

    public override string Name => "dense";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] input, byte[] other) =>
        random.Next(8) == 0 || input.Length < HeadLength || other.Length < HeadLength ? ByteMutator.Mutate(random, input, other)
            : [.. input[..HeadLength], .. ByteMutator.Mutate(random, input[HeadLength..], other[HeadLength..])];

    public override string Run(byte[] input)
    {
        if (input.Length < HeadLength)
        {
            return "nothing";
        }

        var type = (DType)(input[0] % DTypes.All.Count());
        var units = new byte[BitConverter.ToUInt16(input, 1) * DTypes.UnitSizeOf(type)];
        units.AsSpan().Fill(0xA5);
        coder.Decode(input.AsSpan(HeadLength), type, units);
        var again = new byte[units.Length];
        coder.Decode(input.AsSpan(HeadLength), type, again);
        WrongException.Unless(units.AsSpan().SequenceEqual(again), "Not all units are filled.");

        var encoded = Encode(type, units);
        again.AsSpan().Clear();
        coder.Decode(encoded.AsSpan(HeadLength), type, again);
        WrongException.Unless(units.AsSpan().SequenceEqual(again), "The units are others after they were encoded again.");
        return $"{DTypes.UnitSizeOf(type)} bytes a unit, form {input.ElementAtOrDefault(HeadLength)}";
    }

    private byte[] Encode(DType type, byte[] units)
    {
        var room = new byte[units.Length + UnitCoder.Overhead];
        return [(byte)type, .. BitConverter.GetBytes((ushort)(units.Length / DTypes.UnitSizeOf(type))),
            .. room[..coder.Encode(type, units, room)]];
    }

    private static byte[] Weights(DType type, int units)
    {
        var (random, bytes) = (new Random(units), new byte[units * DTypes.UnitSizeOf(type)]);
        random.NextBytes(bytes);
        if (DTypes.UnitSizeOf(type) is 2 or 4)
        {
            // Random in the low half, of few kinds in the high one, as weights are.
            foreach (ref var word in MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()))
            {
                word = (ushort)((word & 0x80FF) | 0x3C00);
            }
        }

        return bytes;
    }
}
