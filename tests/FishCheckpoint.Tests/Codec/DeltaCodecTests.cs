using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>DeltaEncoder and DeltaDecoder as the pair they are.</summary>
public sealed class DeltaCodecTests : IDisposable
{
    private static readonly Digest Parent = Digest.Of("parent"u8);

    private readonly TemporaryFolder folder = new();

    public static TheoryData<Compression> All => [.. Enum.GetValues<Compression>()];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public void Decode_AnyDelta_IsTheMirrorOfEncode(Compression compression) => Properties.ForSeeds(25, random =>
    {
        var types = DTypes.All.ToArray();
        var from = MemoryModel.Random(random, [.. Enumerable.Range(0, random.Next(1, 5))
            .Select(index => new TensorInfo($"t{index}", types[random.Next(types.Length)], [random.Next(300) * 4]))]);
        var to = from.Changed(random, Math.Pow(random.NextDouble(), 2));

        AssertRoundTrip(from, to, new CodecOptions(compression, compression) { Effort = CodecEffort.Runs });
    });

    [Fact]
    public void Decode_DenseTensorsOfMoreThanAChunk_IsTheMirrorOfEncode()
    {
        var random = new Random(1);
        TensorInfo[] tensors =
            [new("a", DType.U8, [(2 * DeltaChunk.Capacity) + 1]), new("b", DType.F64, [DeltaChunk.Capacity]), new("c", DType.BF16, [7])];
        var from = MemoryModel.Random(random, tensors);

        AssertRoundTrip(from, from.Changed(random, 1), new CodecOptions());
    }

    [Fact]
    public void Decode_TensorOfManyBlocks_IsTheMirrorOfEncode()
    {
        var random = new Random(2);
        var from = MemoryModel.Random(
            random, new TensorInfo("a", DType.BF16, [Blocks.Size + 3]), new TensorInfo("b", DType.I64, [Blocks.Size / 4]));

        AssertRoundTrip(from, from.Changed(random, 0.05), new CodecOptions(Compression.Lz4, Compression.Lz4));
    }

    [Fact]
    public void Decode_EmptyDelta_HasNoChunk()
    {
        var model = MemoryModel.Random(new Random(1), new TensorInfo("a", DType.F32, [100]));
        using var encoded = Encode(new StateDiff(model, model), model);

        Assert.Equal(
            (0, 0L, 0L, 0L), (encoded.MaskHead!.Chunks, encoded.Changed, encoded.Mask!.PayloadLength, encoded.Values.PayloadLength));
        Assert.Equal(Mask.Create(model.Layout, []).Id, encoded.MaskId);
        Assert.Empty(Decode(encoded, model.Layout, null));
    }

    [Fact]
    public void Decode_HugeGaps_IsTheMirrorOfEncode()
    {
        var layout = new Layout([new TensorInfo("huge", DType.U8, [1L << 59]), new TensorInfo("b", DType.U8, [1])]);
        var mask = Mask.Create(layout, [new TensorMask(0, new[] { 0, 1, 1L << 40, (1L << 59) - 1 }), new TensorMask(1, new long[] { 0 })]);
        var delta = new Delta(mask, [new byte[] { 1, 2, 3, 4 }, new byte[] { 5 }]);
        using var encoded = Encode(delta.OpenReader(), null);

        Assert.Equal(mask.Id, encoded.MaskId);
        Assert.Equal([0, 1, 1L << 40, (1L << 59) - 1, 0], Decode(encoded, layout, null).Select(change => change.Position));
    }

    [Fact]
    public void Encode_Delta_NamesLayoutMaskParentAndValues()
    {
        var random = new Random(3);
        var from = MemoryModel.Random(random, new TensorInfo("a", DType.F32, [1000]), new TensorInfo("b", DType.U8, [10]));
        var diff = MemoryModel.Flatten(new StateDiff(from, from.Changed(random, 0.1)));
        var to = from.Copy();
        diff.ForEach(change => change.Value.CopyTo(to.Tensors[change.Tensor], change.Position * change.Value.Length));
        var mask = Mask.Create(from.Layout, diff.GroupBy(change => change.Tensor)
            .Select(group => new TensorMask(group.Key, group.Select(change => change.Position).ToArray())));
        using var encoded = Encode(new StateDiff(from, to), from);

        Assert.Equal((from.Layout.Id, mask.Id, Parent), (encoded.Layout, encoded.MaskId, encoded.Parent));
        Assert.Equal(Digest.Of(diff.SelectMany(change => change.Value).ToArray()), encoded.ValuesDigest);
        Assert.Equal(diff.Count, encoded.Changed);
    }

    [Fact]
    public void TryEncode_BeyondItsBudget_IsNothing()
    {
        var random = new Random(4);
        var from = MemoryModel.Random(random, new TensorInfo("a", DType.F32, [1000]));
        var to = from.Changed(random, 1);

        Assert.Null(
            DeltaEncoder.TryEncode(
                new StateDiff(from, to), null, Parent, new CodecOptions(), folder.Path, 100, TestContext.Current.CancellationToken));
        using var encoded = DeltaEncoder.TryEncode(
            new StateDiff(from, to), null, Parent, new CodecOptions(), folder.Path, 100_000, TestContext.Current.CancellationToken);
        Assert.NotNull(encoded);
    }

    [Fact]
    public void Encode_Cancelled_StopsAndLeavesNothing()
    {
        var model = MemoryModel.Random(new Random(5), new TensorInfo("a", DType.F32, [1000]));
        Assert.Throws<OperationCanceledException>(() => DeltaEncoder.Encode(
            new StateDiff(model, model.Changed(new Random(1), 1)), null, Parent, new CodecOptions(), folder.Path,
            new CancellationToken(canceled: true)));
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData(new long[] { 5, 3 }, ErrorCode.IndexUnsorted)]
    [InlineData(new long[] { 3, 3 }, ErrorCode.IndexRepeated)]
    [InlineData(new long[] { 3, 10 }, ErrorCode.IndexOutOfRange)]
    [InlineData(new long[] { -1 }, ErrorCode.IndexOutOfRange)]
    public void Encode_ReaderWithWrongPositions_IsRefused(long[] positions, ErrorCode code) =>
        Refused.With(code, () => Encode(new Scripted((0, positions)), null));

    [Fact]
    public void Encode_ReaderWithWrongChunks_Throws()
    {
        Assert.Throws<ArgumentException>(() => Encode(new Scripted((0, [1]), (0, [2])), null));
        Assert.Throws<ArgumentException>(() => Encode(new Scripted((1, [1]), (0, [2])), null));
        Assert.Throws<ArgumentException>(() => Encode(new Scripted((0, [])), null));
    }

    [Fact]
    public void Decode_DifferencesWithoutParent_IsBaseMismatch()
    {
        var model = MemoryModel.Random(new Random(6), new TensorInfo("a", DType.F32, [100]));
        using var encoded = Encode(new StateDiff(model, model.Changed(new Random(1), 0.5)), model);

        Refused.With(ErrorCode.BaseMismatch, () => Decode(encoded, model.Layout, null));
    }

    [Fact]
    public void Decode_DifferencesOnAnotherParent_IsCorrupt()
    {
        var model = MemoryModel.Random(new Random(7), new TensorInfo("a", DType.F32, [100]));
        var other = model.Changed(new Random(2), 1);
        using var encoded = Encode(new StateDiff(model, model.Changed(new Random(1), 0.5)), model);

        Refused.With(ErrorCode.CorruptFrame, () => Decode(encoded, model.Layout, other));
    }

    [Fact]
    public void Decode_OtherLayout_IsLayoutMismatch()
    {
        var model = MemoryModel.Random(new Random(8), new TensorInfo("a", DType.F32, [100]));
        using var encoded = Encode(new StateDiff(model, model.Changed(new Random(1), 0.5)), null);

        Refused.With(ErrorCode.LayoutMismatch, () => Decode(encoded, new Layout([new TensorInfo("a", DType.I32, [100])]), null));
    }

    [Fact]
    public void Decode_ValuesOfAnotherMask_IsCorrupt()
    {
        var model = MemoryModel.Random(new Random(9), new TensorInfo("a", DType.F32, [100]));
        using var left = Encode(new StateDiff(model, model.Changed(new Random(1), 0.5)), null);
        using var right = Encode(new StateDiff(model, model.Changed(new Random(2), 0.5)), null);

        Refused.With(ErrorCode.CorruptFrame, () => new DeltaDecoder(left.Mask!, right.Values, model.Layout, null));
    }

    [Fact]
    public void Read_PastTheEnd_StaysAtTheEnd()
    {
        var model = MemoryModel.Random(new Random(10), new TensorInfo("a", DType.F32, [100]));
        using var encoded = Encode(new StateDiff(model, model.Changed(new Random(1), 0.5)), null);
        using var decoder = new DeltaDecoder(encoded.Mask!, encoded.Values, model.Layout, null);
        var chunk = new DeltaChunk();

        Assert.True(decoder.Read(chunk));
        Assert.False(decoder.Read(chunk));
        Assert.False(decoder.Read(chunk));
        Assert.Equal(0, chunk.Count);
    }

    private void AssertRoundTrip(MemoryModel from, MemoryModel to, CodecOptions options)
    {
        var expected = MemoryModel.Flatten(new StateDiff(from, to));
        foreach (var parent in new[] { null, from })
        {
            using var encoded = Encode(new StateDiff(from, to), parent, options);
            using var decoder = new DeltaDecoder(encoded.Mask!, encoded.Values, from.Layout, parent);
            from.Patched(decoder).AssertSame(to);
            Assert.Equal(expected.Count, encoded.Changed);
        }

        // Of a delta that does not bring the parent's values along, the encoder reads them itself.
        var mask = Mask.Create(from.Layout, expected.GroupBy(change => change.Tensor)
            .Select(group => new TensorMask(group.Key, group.Select(change => change.Position).ToArray())));
        using var gathered = Encode(MaskedState.Gather(mask, tensor => to.Tensors[tensor]).OpenReader(), from, options);
        using var again = new DeltaDecoder(gathered.Mask!, gathered.Values, from.Layout, from);
        from.Patched(again).AssertSame(to);
    }

    private EncodedDelta Encode(IDeltaReader delta, IBlockReader? parent, CodecOptions? options = null) =>
        DeltaEncoder.Encode(delta, parent, Parent, options ?? new CodecOptions(), folder.Path, TestContext.Current.CancellationToken);

    private static List<(int Tensor, long Position, byte[] Value)> Decode(EncodedDelta encoded, Layout layout, IBlockReader? parent)
    {
        using var decoder = new DeltaDecoder(encoded.Mask!, encoded.Values, layout, parent);
        return MemoryModel.Flatten(decoder);
    }

    private sealed class Scripted(params (int Tensor, long[] Positions)[] chunks) : IDeltaReader
    {
        private int next;

        public Layout Layout { get; } = new([new TensorInfo("a", DType.F32, [10]), new TensorInfo("b", DType.F32, [10])]);

        public bool Read(DeltaChunk chunk)
        {
            chunk.Reset(-1, 1);
            if (next == chunks.Length)
            {
                return false;
            }

            var (tensor, positions) = chunks[next++];
            chunk.Reset(tensor, 4);
            chunk.Append(positions.Length, out var room, out var values);
            positions.CopyTo(room);
            values.Clear();
            return true;
        }
    }
}
