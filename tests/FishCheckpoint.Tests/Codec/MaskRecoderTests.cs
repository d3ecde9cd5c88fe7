using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Maintenance.Recoding;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>A mask that is encoded again is the frame that it would have been at first.</summary>
public sealed class MaskRecoderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Recode_FromAnyEffortToAnother_IsWhatEncodingGives() => Properties.ForSeeds(15, random =>
    {
        var from = MemoryModel.Random(
            random, new TensorInfo("a", DType.F32, [random.Next(1, 90_000)]), new TensorInfo("b", DType.BF16, [random.Next(1, 3_000)]));
        var to = from.Changed(random, Math.Pow(random.NextDouble(), 2));
        foreach (var (first, then) in
            new[] { (CodecEffort.Fast, CodecEffort.Small), (CodecEffort.Runs, CodecEffort.Small), (CodecEffort.Small, CodecEffort.Fast) })
        {
            using var stored = Encode(from, to, first);
            using var expected = Encode(from, to, then);
            using var writer = new FrameWriter(FrameKind.Mask, folder.Path);
            var recoded = MaskRecoder.Recode(
                stored.Mask!, from.Layout, new CodecOptions { Effort = then }, writer, TestContext.Current.CancellationToken);
            Assert.Equal(Bytes(expected.Mask!), Bytes(recoded));
        }
    });

    private EncodedDelta Encode(MemoryModel from, MemoryModel to, CodecEffort effort) => DeltaEncoder.Encode(
        new StateDiff(from, to), from, default, new CodecOptions { Effort = effort }, folder.Path, TestContext.Current.CancellationToken);

    private static byte[] Bytes(IFrame frame)
    {
        var payload = new byte[frame.PayloadLength];
        frame.ReadPayload(0, payload);
        return [.. frame.Head.Span, .. payload];
    }
}
