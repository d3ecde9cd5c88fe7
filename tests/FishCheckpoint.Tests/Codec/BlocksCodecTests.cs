using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>BlocksEncoder and BlocksDecoder as the pair they are.</summary>
public sealed class BlocksCodecTests : IDisposable
{
    private static readonly TensorInfo[] Tensors =
        [new("wide", DType.F32, [700_000]), new("empty", DType.F16, [0]), new("narrow", DType.BF16, [40_000]),
        new("bytes", DType.U8, [1_200_000])];

    private readonly TemporaryFolder folder = new();
    private readonly MemoryModel from = MemoryModel.Random(new Random(1), Tensors);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.06)]
    [InlineData(0.9)]
    public void Read_AnyDensityOverManyBlocksAndTensors_IsTheDeltaInFullChunks(double density)
    {
        var to = from.Changed(new Random(2), density);
        using var encoded = Encode(to);
        using var decoder = new BlocksDecoder(encoded.Values, from.Layout, from);
        Assert.Equal(Flatten(new StateDiff(from, to)), Flatten(decoder));
        Assert.InRange(encoded.PositionBytes, 1, encoded.Values.PayloadLength);

        using var again = new BlocksDecoder(encoded.Values, from.Layout, from);
        var (chunk, last, full) = (new DeltaChunk(), -1, true);
        while (again.Read(chunk))
        {
            Assert.True(full || chunk.Tensor != last);
            (last, full) = (chunk.Tensor, chunk.Free == 0);
        }
    }

    [Fact]
    public void Read_OtherParent_IsRefused()
    {
        using var encoded = Encode(from.Changed(new Random(2), 0.01));
        using var decoder = new BlocksDecoder(encoded.Values, from.Layout, MemoryModel.Random(new Random(7), Tensors));
        Refused.With(ErrorCode.CorruptFrame, () => Flatten(decoder));
    }

    [Fact]
    public void Read_AnyFlippedByte_IsRefused()
    {
        var small = MemoryModel.Random(
            new Random(1), new TensorInfo("narrow", DType.BF16, [3000]), new TensorInfo("wide", DType.F32, [500]));
        using var encoded = BlocksEncoder.TryEncode(
            new StateDiff(small, small.Changed(new Random(2), 0.05)), small, Digest.Of("p"u8), new CodecOptions(), folder.Path,
            cancellation: TestContext.Current.CancellationToken)!;
        var whole = MemoryFrame.Of(encoded.Values).ToArray();

        // The parent's identity is compared by whoever chooses the parent.
        const int parent = FrameHead.FixedLength + (2 * Digest.Size);
        for (var place = 0; place < whole.Length; place++)
        {
            var damaged = whole.ToArray();
            damaged[place] ^= 0x10;
            var error = Record.Exception(() => Flatten(new BlocksDecoder(MemoryFrame.Of(damaged), small.Layout, small)));
            Assert.True(
                error is FishException || place is >= parent and < parent + Digest.Size,
                $"byte {place}: {error?.GetType().Name ?? "nothing"}");
        }
    }

    [Fact]
    public void TryEncode_PastItsBudget_IsNothing() => Assert.Null(BlocksEncoder.TryEncode(
        new StateDiff(from, from.Changed(new Random(2), 0.1)), from, default, new CodecOptions(), folder.Path, 1000,
        TestContext.Current.CancellationToken));

    private static IEnumerable<(int Tensor, long Position, string Value)> Flatten(IDeltaReader reader) =>
        MemoryModel.Flatten(reader).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))).ToArray();

    private EncodedDelta Encode(MemoryModel to) => BlocksEncoder.TryEncode(
        new StateDiff(from, to), from, default, new CodecOptions(), folder.Path, cancellation: TestContext.Current.CancellationToken)!;
}
