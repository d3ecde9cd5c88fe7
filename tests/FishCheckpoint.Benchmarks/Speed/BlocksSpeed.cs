using FishCheckpoint.Benchmarks.Micro;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>What changed between two models, in blocks given the parent's. As stored, encoding finds the changes too.</summary>
internal sealed class BlocksSpeed : ICodecSpeed
{
    private readonly Pair pair;
    private readonly CodecEffort effort;
    private readonly Ours ours;
    private readonly Checkpoint target;
    private readonly BlockCoder coder = new();
    private readonly byte[] room = new byte[BlockCoder.Room];
    private readonly List<Block> blocks = [];
    private byte[] stored = [];

    public BlocksSpeed(Pair pair, CodecEffort effort)
    {
        (this.pair, this.effort, target) = (pair, effort, pair.Before.Copy());
        ours = new Ours(effort.ToString(), new CodecOptions { Effort = effort });
        for (var tensor = 0; tensor < pair.Before.Tensors.Length; tensor++)
        {
            var info = pair.Before.Layout.Tensors[tensor];
            for (var number = 0; number < Blocks.CountOf(info); number++)
            {
                var (begin, length) = (number * Blocks.Size, Blocks.LengthOf(info, number));
                var (positions, values) = Weights.ChangesOf(
                    pair.Before.Tensors[tensor].AsSpan(begin, length), pair.After.Tensors[tensor].AsSpan(begin, length), info.UnitSize);
                if (positions.Length > 0)
                {
                    blocks.Add(
                        new Block(
                            tensor, info.Type, begin, length, positions, values, new byte[values.Length + (length / 4) + 4096],
                            new int[positions.Length]));
                }
            }
        }
    }

    public double BytesPerValue => (double)stored.Length / blocks.Sum(block => (long)block.Positions.Length);

    public void EncodeAlone()
    {
        foreach (var block in blocks)
        {
            var parent = pair.Before.Tensors[block.Tensor].AsSpan(block.Begin, block.Length);
            block.EncodedLength = coder.Encode(block.Type, parent, block.Positions, block.Values, effort, room, out _);
            room.AsSpan(0, block.EncodedLength).CopyTo(block.Encoded);
        }
    }

    public void DecodeAlone()
    {
        foreach (var block in blocks)
        {
            coder.Decode(
                block.Encoded.AsSpan(0, block.EncodedLength), block.Type, target.Tensors[block.Tensor].AsSpan(block.Begin, block.Length),
                block.Again);
        }
    }

    public void EncodeStored() => stored = ours.Encode(pair.Before, pair.After);

    public void DecodeStored() => ours.Decode(pair.Before, stored, target);

    public void Reset() => target.Become(pair.Before);

    public void Check()
    {
        if (!target.Equals(pair.After))
        {
            throw new InvalidDataException($"Other bits came back of {pair.Title}.");
        }
    }

    private sealed record Block(int Tensor, DType Type, int Begin, int Length, int[] Positions, byte[] Values, byte[] Encoded, int[] Again)
    {
        public int EncodedLength { get; set; }
    }
}
