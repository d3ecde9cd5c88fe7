using FishCheckpoint.Codec;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;
using PlainFormat;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Halves of chunks and blocks, straight to their decoders: nothing has a checksum here.</summary>
internal sealed class ChunksTarget : FuzzTarget
{
    private readonly ChunkCoder coder = new();
    private readonly BlockCoder blocks = new();
    private readonly byte[] room = new byte[BlockCoder.Room];

    public ChunksTarget() => Seeds = ChunkSeeds.Make();

    public override string Name => "chunks";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (random.Next(12) == 0 || input.Length < ChunkInput.HeadLength || other.Length < ChunkInput.HeadLength)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        return [.. input[..ChunkInput.HeadLength],
            .. ByteMutator.Mutate(random, input[ChunkInput.HeadLength..], other[ChunkInput.HeadLength..])];
    }

    public override string Run(byte[] input) => ChunkInput.TryRead(input, out var chunk) ? chunk.Kind switch
    {
        ChunkKind.Positions => Positions(chunk),
        ChunkKind.Values => Values(chunk),
        ChunkKind.Predicted => Predicted(chunk),
        ChunkKind.Block => Block(chunk),
        _ => Bytes(chunk),
    } : "nothing";

    private string Positions(ChunkInput chunk)
    {
        var positions = new long[chunk.Count];
        coder.DecodePositions(chunk.Bytes, chunk.First, chunk.Last, positions);
        WrongException.Unless(
            positions[0] == chunk.First && positions[^1] == chunk.Last, "Positions do not lead from the first to the last.");
        for (var index = 1; index < positions.Length; index++)
        {
            WrongException.Unless(positions[index] > positions[index - 1], "Positions do not ascend.");
        }

        var again = new long[positions.Length];
        var length = coder.EncodePositions(positions, new CodecOptions { Effort = CodecEffort.Small }, room, chunk.Units);
        coder.DecodePositions(room.AsSpan(0, length), chunk.First, chunk.Last, again);
        WrongException.Unless(positions.AsSpan().SequenceEqual(again), "Positions are others after they were encoded again.");
        return $"positions {chunk.Form}";
    }

    private string Values(ChunkInput chunk)
    {
        var (unit, map) = (DTypes.UnitSizeOf(chunk.Type), default(ValueMap));
        var mapped = Twice(chunk.Count * unit, room => map = coder.DecodeValues(chunk.Bytes, unit, room));
        if (map == ValueMap.Distance && chunk.Bytes[1] == 2)
        {
            var plain = PlainPrefixes.Read(new PlainBytes(chunk.Bytes[2..]), chunk.Count);
            WrongException.Unless(
                plain.SelectMany(number => BitConverter.GetBytes((uint)number)).SequenceEqual(mapped),
                "The plain decoder reads other numbers.");
        }

        return $"values of {unit} bytes {chunk.Form}";
    }

    private string Predicted(ChunkInput chunk)
    {
        var unit = DTypes.UnitSizeOf(chunk.Type);
        var prediction = chunk.Parent(chunk.Count);
        ChunkCoder.MoveOf(chunk.Bytes);
        var values = Twice(chunk.Count * unit, room => coder.DecodePredicted(chunk.Bytes, chunk.Type, prediction, room));
        var again = new byte[values.Length];
        var length = coder.EncodePredicted(chunk.Type, 0, prediction, values, new CodecOptions { Effort = CodecEffort.Small }, room);
        coder.DecodePredicted(room.AsSpan(0, length), chunk.Type, prediction, again);
        WrongException.Unless(values.AsSpan().SequenceEqual(again), "Predicted values are others after they were encoded again.");
        return $"predicted values of {unit} bytes {chunk.Form}";
    }

    private string Block(ChunkInput chunk)
    {
        var (unit, before, count) = (DTypes.UnitSizeOf(chunk.Type), chunk.Parent(chunk.Units), Math.Min(chunk.Count, chunk.Units));
        var (after, positions) = (before.ToArray(), new int[count]);
        blocks.Decode(chunk.Bytes, chunk.Type, after, positions);
        var (again, others) = (before.ToArray(), Enumerable.Repeat(-1, count).ToArray());
        blocks.Decode(chunk.Bytes, chunk.Type, again, others);
        WrongException.Unless(
            after.AsSpan().SequenceEqual(again) && positions.AsSpan().SequenceEqual(others), "A block is read otherwise the second time.");

        var values = new byte[count * unit];
        for (var index = 0; index < count; index++)
        {
            var position = positions[index];
            WrongException.Unless(
                position > (index == 0 ? -1 : positions[index - 1]) && position < chunk.Units,
                "Positions of a block do not ascend below its end.");
            after.AsSpan(position * unit, unit).CopyTo(values.AsSpan(index * unit));
            before.AsSpan(position * unit, unit).CopyTo(again.AsSpan(position * unit));
        }

        WrongException.Unless(again.AsSpan().SequenceEqual(before), "Units have changed that are not among the positions.");
        var length = blocks.Encode(chunk.Type, before, positions, values, CodecEffort.Small, room, out _, new BlockRows(40, 0));
        blocks.Decode(room.AsSpan(0, length), chunk.Type, again, others);
        WrongException.Unless(
            after.AsSpan().SequenceEqual(again) && positions.AsSpan().SequenceEqual(others),
            "A block is another one after it was encoded again.");
        return $"block of {unit} bytes a unit {chunk.Form}";
    }

    private static string Bytes(ChunkInput chunk)
    {
        Twice(chunk.Count, room => ChunkCoder.DecodeBytes(chunk.Bytes, room));
        return $"bytes {chunk.Form}";
    }

    // Over other rubbish each time: whatever is not filled differs.
    private static byte[] Twice(int length, Action<byte[]> decode)
    {
        var (first, second) = (new byte[length], new byte[length]);
        first.AsSpan().Fill(0xA5);
        decode(first);
        decode(second);
        WrongException.Unless(first.AsSpan().SequenceEqual(second), "Not everything is filled.");
        return first;
    }
}
