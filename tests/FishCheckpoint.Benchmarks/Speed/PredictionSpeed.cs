using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>
/// Values as their distances from what the last two steps let expect; the first step plain. Alone, each is expected to go on half of its
/// last way; as stored, how far is chosen for each chunk. Decoding as stored reads the whole chain in one go.
/// </summary>
internal sealed class PredictionSpeed(MaskedSteps steps, CodecEffort effort) : MaskedSpeed(steps, effort)
{
    private const byte Half = 2;

    private readonly byte[] prediction = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public override void EncodeStored()
    {
        for (var step = 0; step < Frames.Length; step++)
        {
            using var delta = DeltaEncoder.EncodeOn(
                Steps.Frame, Steps.Deltas[step].OpenReader(), null, default, Options, Spool, step == 0 ? null : Earlier(step));
            Frames[step] = MemoryFrame.Read(MemoryFrame.ToArray(delta.Values));
        }
    }

    protected override int Encode(int step, DType type, int begin, ReadOnlySpan<byte> values, Span<byte> destination)
    {
        if (step == 0)
        {
            return Coder.EncodeValues(ValueMap.Plain, values, DTypes.UnitSizeOf(type), Options, destination);
        }

        var expected = prediction.AsSpan(0, values.Length);
        Earlier(step).Predict(type, begin, Half, expected);
        return Coder.EncodePredicted(type, Half, expected, values, Options, destination);
    }

    protected override void Decode(int step, DType type, int begin, ReadOnlySpan<byte> source, Span<byte> values)
    {
        if (step == 0)
        {
            Coder.DecodeValues(source, DTypes.UnitSizeOf(type), values);
            return;
        }

        var expected = prediction.AsSpan(0, values.Length);
        Earlier(step).Predict(type, begin, ChunkCoder.MoveOf(source), expected);
        Coder.DecodePredicted(source, type, expected, values);
    }

    protected override IEnumerable<IReadOnlyList<IFrame>> Chains() => [Frames];

    private EarlierValues Earlier(int step) => new(Steps.Values[step - 1], step > 1 ? (ReadOnlyMemory<byte>?)Steps.Values[step - 2] : null);
}
