using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>Frames that are checked together: each byte is read once, and no check reports the damage of one frame for another.</summary>
public sealed class FrameChecksTests : IDisposable
{
    private const int Siblings = 4;

    private static readonly TensorInfo[] Tensors = [new("wide", DType.F32, [400_000]), new("narrow", DType.BF16, [80_000])];

    private readonly TemporaryFolder folder = new();
    private readonly MemoryModel parent = MemoryModel.Random(new Random(1), Tensors);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PredictionChain_IsReadOnceAndSound()
    {
        var (mask, frames) = Row();
        Check(frames, (counted, checkedFrames) => PredictionChainCheck.Run(mask, checkedFrames, parent.Layout, Stop));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Row_DamagedFrame_IsBlamedAlone(int damaged)
    {
        var (mask, frames) = Row();
        frames[damaged].Bytes[frames[damaged].Bytes.Length / 2] ^= 1;
        var found = Run(frames, checkedFrames => PredictionChainCheck.Run(mask, checkedFrames, parent.Layout, Stop));
        for (var index = 0; index < Siblings; index++)
        {
            Assert.Equal((index == damaged, index < damaged), (found[index].Damage is not null, found[index].IsDecoded));
        }
    }

    [Fact]
    public void Row_DamagedMask_LeavesTheChecksums()
    {
        var (mask, frames) = Row();
        var head = mask.Head.ToArray();
        head[40] ^= 1;
        frames[2].Bytes[7] ^= 1;
        var found = Run(frames, checkedFrames =>
            PredictionChainCheck.Run(new MemoryFrame(head, mask.Bytes), checkedFrames, parent.Layout, Stop));
        Assert.All(found, frame => Assert.False(frame.IsDecoded));
        Assert.Equal([false, false, true, false], found.Select(frame => frame.Damage is not null));
    }

    [Fact]
    public void Masked_Siblings_ReadMaskAndParentOnce()
    {
        var (mask, frames) = Masked();
        var counting = new CountingFrame(mask);
        var before = parent.Reads;
        Check(frames, (_, checkedFrames) => MaskedCheck.Run(counting, checkedFrames, parent.Layout, parent, Stop));
        Assert.Equal(mask.PayloadLength, counting.BytesRead);
        Assert.Equal(3, parent.Reads - before);
    }

    [Fact]
    public void Masked_DamagedParent_IsNotBlamedOnTheFrames()
    {
        var (mask, frames) = Masked();
        frames[1].Bytes[9] ^= 1;
        var found = Run(frames, checkedFrames => MaskedCheck.Run(mask, checkedFrames, parent.Layout, new Damaged(parent.Layout), Stop));
        Assert.Equal([false, true, false, false], found.Select(frame => frame.Damage is not null));
        Assert.All(found, frame => Assert.False(frame.IsDecoded));
    }

    [Fact]
    public void Masked_AnotherParent_DoesNotGiveTheDigest()
    {
        var (mask, frames) = Masked();
        var other = MemoryModel.Random(new Random(9), Tensors);
        var found = Run(frames, checkedFrames => MaskedCheck.Run(mask, checkedFrames, parent.Layout, other, Stop));
        Assert.All(found, frame => Assert.Equal(ErrorCode.CorruptFrame, frame.Damage?.Code));
    }

    [Fact]
    public void Blocks_Siblings_ReadTheParentOnce()
    {
        var before = parent.Reads;
        Check(Blocks(), (_, checkedFrames) =>
        {
            before = parent.Reads;
            BlocksCheck.Run(checkedFrames, parent.Layout, parent, Stop);
        });
        Assert.Equal(3, parent.Reads - before);
    }

    [Fact]
    public void Blocks_Damage_IsBlamedAlone()
    {
        var frames = Blocks();
        frames[2].Bytes[frames[2].Bytes.Length - 3] ^= 1;
        var found = Run(frames, checkedFrames => BlocksCheck.Run(checkedFrames, parent.Layout, parent, Stop));
        Assert.Equal([false, false, true, false], found.Select(frame => frame.Damage is not null));
        Assert.Equal([true, true, false, true], found.Select(frame => frame.IsDecoded));

        var withoutParent = Run(frames, checkedFrames => BlocksCheck.Run(checkedFrames, parent.Layout, new Damaged(parent.Layout), Stop));
        Assert.Equal([false, false, true, false], withoutParent.Select(frame => frame.Damage is not null));
        Assert.All(withoutParent, frame => Assert.False(frame.IsDecoded));
    }

    [Fact]
    public void Indexes_AloneReadNoPayload()
    {
        var (mask, frames) = Masked();
        var counted = frames.Select(frame => new CountingFrame(frame)).ToArray();
        FrameIndexes.Check(mask, [.. counted.Select(frame => new CheckedFrame(frame))], parent.Layout);
        Assert.All(counted, frame => Assert.Equal(0, frame.BytesRead));
    }

    private static void Check(MemoryFrame[] frames, Action<CountingFrame[], CheckedFrame[]> run)
    {
        var counted = frames.Select(frame => new CountingFrame(frame)).ToArray();
        var found = counted.Select(frame => new CheckedFrame(frame)).ToArray();
        run(counted, found);
        Assert.All(found, frame => Assert.True(frame.IsDecoded && frame.Damage is null, frame.Damage?.Message));
        Assert.All(counted, frame => Assert.Equal(frame.PayloadLength, frame.BytesRead));
        Array.ForEach(found, frame => frame.Dispose());
    }

    private static CheckedFrame[] Run(MemoryFrame[] frames, Action<CheckedFrame[]> run)
    {
        var found = frames.Select(frame => new CheckedFrame(frame)).ToArray();
        run(found);
        Array.ForEach(found, frame => frame.Dispose());
        return found;
    }

    private (MemoryFrame Mask, MemoryFrame[] Frames) Row()
    {
        var (random, model, frames) = (new Random(3), parent.Copy(), new List<MemoryFrame>());
        var mask = Mask.Create(parent.Layout, [new TensorMask(0, Every(5, 400_000)), new TensorMask(1, Every(3, 80_000))]);
        MemoryFrame? maskFrame = null;
        byte[]? last = null, before = null;
        for (var step = 0; step < Siblings; step++)
        {
            Move(model, random);
            var delta = MaskedState.Gather(mask, tensor => model.Tensors[tensor]);
            if (maskFrame is null)
            {
                using var whole = DeltaEncoder.Encode(delta.OpenReader(), null, default, new CodecOptions(), folder.Path, Stop);
                maskFrame = MemoryFrame.Of(whole.Mask!);
            }

            var earlier = last is null ? null : new EarlierValues(last, before is null ? default(ReadOnlyMemory<byte>?) : before);
            using var encoded = DeltaEncoder.EncodeMasked(
                maskFrame, delta.OpenValues(), mapped: false, default, new CodecOptions { Effort = CodecEffort.Fast }, folder.Path, earlier,
                Stop);
            frames.Add(MemoryFrame.Of(encoded.Values));
            (before, last) = (last, Values(delta));
        }

        return (maskFrame!, [.. frames]);
    }

    private (MemoryFrame Mask, MemoryFrame[] Frames) Masked()
    {
        var (random, model, frames) = (new Random(4), parent.Copy(), new List<MemoryFrame>());
        var mask = Mask.Create(parent.Layout, [new TensorMask(0, Every(5, 400_000)), new TensorMask(1, Every(3, 80_000))]);
        MemoryFrame? maskFrame = null;
        for (var step = 0; step < Siblings; step++)
        {
            Move(model, random);
            var delta = MaskedState.Gather(mask, tensor => model.Tensors[tensor]);
            using var encoded = DeltaEncoder.Encode(delta.OpenReader(), parent, default, new CodecOptions(), folder.Path, Stop);
            maskFrame ??= MemoryFrame.Of(encoded.Mask!);
            frames.Add(MemoryFrame.Of(encoded.Values));
        }

        return (maskFrame!, [.. frames]);
    }

    private MemoryFrame[] Blocks() => [.. Enumerable.Range(0, Siblings).Select(seed =>
    {
        using var encoded = BlocksEncoder.TryEncode(
            new StateDiff(parent, parent.Changed(new Random(seed), 0.01)), parent, default, new CodecOptions(), folder.Path,
            cancellation: Stop)!;
        return MemoryFrame.Of(encoded.Values);
    })];

    private static long[] Every(int gap, int units) => [.. Enumerable.Range(0, units / gap).Select(index => (long)index * gap)];

    // In the lowest bits of each unit, as a small step does.
    private static void Move(MemoryModel model, Random random)
    {
        for (var tensor = 0; tensor < model.Tensors.Length; tensor++)
        {
            var unit = model.Layout.Tensors[tensor].UnitSize;
            for (var at = 0; at < model.Tensors[tensor].Length; at += unit)
            {
                model.Tensors[tensor][at] ^= (byte)random.Next(4);
            }
        }
    }

    private static byte[] Values(Delta delta)
    {
        var (values, chunk, reader) = (new List<byte>(), new DeltaChunk(), delta.OpenReader());
        while (reader.Read(chunk))
        {
            values.AddRange(chunk.Values);
        }

        return [.. values];
    }

    private sealed class CountingFrame(IFrame frame) : IFrame
    {
        public long BytesRead { get; private set; }

        public ReadOnlyMemory<byte> Head => frame.Head;

        public long PayloadLength => frame.PayloadLength;

        public void ReadPayload(long offset, Span<byte> destination)
        {
            BytesRead += destination.Length;
            frame.ReadPayload(offset, destination);
        }
    }

    private sealed class Damaged(Layout layout) : IBlockReader
    {
        public Layout Layout => layout;

        public void ReadBlock(int tensor, long block, Span<byte> destination) =>
            throw new FishException(ErrorCode.CorruptBase, "base", "The base is damaged.", "Add it again.");
    }
}
