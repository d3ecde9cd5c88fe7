using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>Values on a known mask: what the encoder makes of them without positions is what it makes with them.</summary>
public sealed class MaskedValuesTests : IDisposable
{
    private static readonly Digest Parent = Digest.Of("parent"u8);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(CodecEffort.Runs)]
    [InlineData(CodecEffort.Fast)]
    [InlineData(CodecEffort.Small)]
    [InlineData(CodecEffort.Auto)]
    public void EncodeMasked_AnyDelta_IsEncodeOn(CodecEffort effort) => Properties.ForSeeds(15, random =>
    {
        var (options, delta) = (new CodecOptions { Effort = effort }, Draw(random));
        using var whole = Whole(delta.OpenReader(), null, options);
        using var on = DeltaEncoder.EncodeOn(
            whole.Mask!, delta.OpenReader(), null, Parent, options, folder.Path, cancellation: TestContext.Current.CancellationToken);
        using var masked = Masked(whole.Mask!, delta.OpenValues(), options);
        using var unproved = Masked(whole.Mask!, delta.OpenValues(), options with { Prove = false });

        Assert.Equal(Bytes(on.Values), Bytes(masked.Values));
        Assert.Equal(Bytes(on.Values), Bytes(unproved.Values));
    });

    [Fact]
    public void Read_FramesOfPlainValues_GivesThemWithoutPositions() => Properties.ForSeeds(15, random =>
    {
        var delta = Draw(random);
        using var encoded = Whole(delta.OpenReader(), null);
        var values = new FrameValues(encoded.Mask!, [encoded.Values], delta.Mask.Layout);

        Assert.True(values.ArePlain);
        Assert.Equal((delta.Mask.Id, encoded.ValuesDigest), (values.Mask, values.Announced));
        using var again = Masked(encoded.Mask!, values);
        Assert.Equal(encoded.ValuesDigest, again.ValuesDigest);
        Assert.False(values.Read(new DeltaChunk()));
    });

    [Fact]
    public void Read_DifferencesToAParent_IsBaseMismatch()
    {
        var random = new Random(1);
        var from = MemoryModel.Random(random, new TensorInfo("a", DType.F32, [1000]));
        using var encoded = Whole(new StateDiff(from, from.Changed(random, 0.5)), from);
        var values = new FrameValues(encoded.Mask!, [encoded.Values], from.Layout);

        Assert.False(values.ArePlain);
        Refused.With(ErrorCode.BaseMismatch, () => values.Read(new DeltaChunk()));
    }

    [Fact]
    public void EncodeMasked_AnotherMask_IsCorrupt()
    {
        var (one, other) = (Draw(new Random(1)), Draw(new Random(2)));
        using var encoded = Whole(one.OpenReader(), null);

        Refused.With(ErrorCode.CorruptFrame, () => Masked(encoded.Mask!, other.OpenValues()));
    }

    [Fact]
    public void EncodeMasked_OtherValuesThanAnnounced_IsCorruptAndLeavesNothing()
    {
        var delta = Draw(new Random(1));
        using var encoded = Whole(delta.OpenReader(), null);

        Refused.With(ErrorCode.CorruptFrame, () => Masked(encoded.Mask!, new Announcing(delta.OpenValues())));
        Assert.Empty(folder.Names);
    }

    private EncodedDelta Whole(IDeltaReader delta, IBlockReader? parent, CodecOptions? options = null) =>
        DeltaEncoder.Encode(delta, parent, Parent, options ?? new CodecOptions(), folder.Path, TestContext.Current.CancellationToken);

    private EncodedDelta Masked(IFrame mask, IMaskedValues values, CodecOptions? options = null) => DeltaEncoder.EncodeMasked(
        mask, values, mapped: false, Parent, options ?? new CodecOptions(), folder.Path,
        cancellation: TestContext.Current.CancellationToken);

    // Some tensors of more than a chunk, and some of a few positions.
    private static Delta Draw(Random random)
    {
        var layout = new Layout(
            [new TensorInfo("a", DType.F32, [200_000]), new TensorInfo("b", DType.BF16, [50]), new TensorInfo("c", DType.I64, [9000])]);
        var mask = Mask.Create(layout, layout.Tensors.Select((tensor, index) => new TensorMask(
            index, Enumerable.Range(0, (int)tensor.Units).Where(_ => random.Next(3) == 0).Select(unit => (long)unit).ToArray())));
        return new Delta(
            mask,
            [.. mask.Tensors.Select(
                tensor => (ReadOnlyMemory<byte>)Values(random, tensor.Positions.Length * layout.Tensors[tensor.Tensor].UnitSize))]);
    }

    private static byte[] Values(Random random, int length)
    {
        var values = new byte[length];
        random.NextBytes(values);
        for (var index = 3; index < length; index += 4)
        {
            values[index] &= 7;
        }

        return values;
    }

    private static byte[] Bytes(IFrame frame)
    {
        var payload = new byte[frame.PayloadLength];
        frame.ReadPayload(0, payload);
        return [.. frame.Head.Span, .. payload];
    }

    private sealed class Announcing(IMaskedValues values) : IMaskedValues
    {
        public Layout Layout => values.Layout;

        public Digest Mask => values.Mask;

        public Digest? Announced => Parent;

        public bool Read(DeltaChunk chunk) => values.Read(chunk);
    }
}
