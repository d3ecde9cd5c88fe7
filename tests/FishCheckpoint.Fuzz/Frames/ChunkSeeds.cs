using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Encodings of chunks and blocks, by every effort, of every form.</summary>
internal static class ChunkSeeds
{
    private static readonly byte[] Room = new byte[BlockCoder.Room];

    private static readonly CodecOptions[] Options =
    [
        .. Enum.GetValues<Compression>().Select(compression => new CodecOptions(compression, compression, 3) { Effort = CodecEffort.Runs }),
        new() { Effort = CodecEffort.Fast }, new() { Effort = CodecEffort.Small },
    ];

    public static List<byte[]> Make() =>
    [
        .. new[] { 1, 2, 30, 700, 3000 }.SelectMany(count => new[] { 1, 3, 40 }.SelectMany(gap => Positions(count, gap))),
        .. DTypes.All.SelectMany(type => new[] { 1, 40, 900 }.SelectMany(count => Values(type, count))), .. Values(DType.F32, 5000),
        .. DTypes.All.SelectMany(type => new[] { 1, 60, 900, 6000 }.SelectMany(units => Blocks(type, units))), .. Bytes(),
    ];

    private static IEnumerable<byte[]> Positions(int count, int gap)
    {
        var random = new Random(count + gap);
        var positions = new long[count];
        for (var (index, next) = (0, 0L); index < count; index++, next += 1 + random.Next(index % 64 < 40 ? 1 : gap))
        {
            positions[index] = next;
        }

        foreach (var options in Options)
        {
            var length = new ChunkCoder().EncodePositions(positions, options, Room, 40);
            yield return new ChunkInput(ChunkKind.Positions, DType.F32, 0, count, 40, (uint)positions[^1], Room[..length]).ToArray();
        }
    }

    private static IEnumerable<byte[]> Values(DType type, int count)
    {
        var (coder, input) = (new ChunkCoder(), new ChunkInput(ChunkKind.Values, type, 1, count, 1, 0, []));
        var (parent, unit) = (input.Parent(count), DTypes.UnitSizeOf(type));
        var values = Moved(parent, unit, 1);
        foreach (var options in Options)
        {
            foreach (var map in new[] { ValueMap.Plain, ValueMap.Xor, ValueMap.Distance })
            {
                var mapped = values.ToArray();
                ValueMaps.Map(map, type, mapped, parent);
                yield return (input with { Bytes = Room[..coder.EncodeValues(map, mapped, unit, options, Room)] }).ToArray();
            }

            yield return (input with { Kind = ChunkKind.Guessed, Bytes = Room[..coder.EncodePredicted(type, 1, parent, values, options, Room)] }).ToArray();
        }
    }

    private static IEnumerable<byte[]> Blocks(DType type, int units)
    {
        foreach (var (seed, every) in new[] { ((byte)1, 1), ((byte)2, 3), ((byte)2, 50), ((byte)0, 7) })
        {
            var input = new ChunkInput(ChunkKind.Block, type, seed, 1, units, 0, []);
            var (parent, unit, random) = (input.Parent(units), DTypes.UnitSizeOf(type), new Random(seed));
            int[] positions = [.. Enumerable.Range(0, units).Where(index => random.Next(every) == 0 && (every != 3 || index / 40 % 2 == 0)).DefaultIfEmpty(0)];
            var after = Moved(parent, unit, seed);
            byte[] values = [.. positions.SelectMany(position => after[(position * unit)..((position + 1) * unit)])];
            foreach (var effort in new[] { CodecEffort.Fast, CodecEffort.Small })
            {
                var length = new BlockCoder().Encode(type, parent, positions, values, effort, Room, out _, new BlockRows(40, 0));
                yield return (input with { Count = positions.Length, Bytes = Room[..length] }).ToArray();
            }
        }
    }

    private static IEnumerable<byte[]> Bytes()
    {
        var content = new ChunkInput(ChunkKind.Bytes, DType.F32, 1, 1, 1, 0, []).Parent(1500);
        return Options.Select(options =>
            new ChunkInput(ChunkKind.Bytes, DType.U8, 0, content.Length, 1, 0, Room[..ChunkCoder.EncodeBytes(content, options, Room)]).ToArray());
    }

    private static byte[] Moved(byte[] parent, int unit, int seed)
    {
        var (random, moved) = (new Random(seed), parent.ToArray());
        for (var at = 0; at < moved.Length; at += unit)
        {
            moved[at] += (byte)(random.Next(50) == 0 ? random.Next(1, 256) : random.Next(1, 4));
        }

        return moved;
    }
}
