using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>
/// What the two ways to code the values of a fixed mask share: chunk after chunk of each step; as stored, frames of values alone, based on
/// the base.
/// </summary>
internal abstract class MaskedSpeed : ICodecSpeed
{
    private readonly (DType Type, int Begin, int Length)[] chunks;
    private readonly byte[] room = new byte[ChunkCoder.MaxEncoded];
    private readonly byte[][][] encoded;
    private readonly byte[][] again;
    private readonly Checkpoint target;
    private bool decodesFrames;

    protected MaskedSpeed(MaskedSteps steps, CodecEffort effort)
    {
        (Steps, Options, chunks, target) = (steps, new CodecOptions { Effort = effort }, [.. steps.Chunks()], steps.Fish.Base.Copy());
        encoded = [.. steps.Values.Select(_ => new byte[chunks.Length][])];
        again = [.. steps.Values.Select(values => new byte[values.Length])];
        Frames = new MemoryFrame[steps.Values.Length];
    }

    public double BytesPerValue =>
        (double)Frames.Sum(frame => frame.PayloadLength + frame.Head.Length) / (Frames.Length * Steps.Mask.Count);

    protected MaskedSteps Steps { get; }

    protected CodecOptions Options { get; }

    protected ChunkCoder Coder { get; } = new();

    protected MemoryFrame[] Frames { get; }

    protected static string Spool { get; } = Path.Combine(Path.GetTempPath(), "fish-speed");

    public void EncodeAlone() => ForEach((step, chunk) =>
    {
        var (type, begin, length) = chunks[chunk];
        encoded[step][chunk] = room[..Encode(step, type, begin, Steps.Values[step].AsSpan(begin, length), room)];
    });

    public void DecodeAlone()
    {
        decodesFrames = false;
        ForEach((step, chunk) =>
        {
            var (type, begin, length) = chunks[chunk];
            Decode(step, type, begin, encoded[step][chunk], again[step].AsSpan(begin, length));
        });
    }

    public abstract void EncodeStored();

    public void DecodeStored()
    {
        decodesFrames = true;
        foreach (var frames in Chains())
        {
            var delta = DeltaCursor.Open(Steps.Frame, frames, target.Layout, "speed");
            for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
            {
                var info = target.Layout.Tensors[tensor];
                for (var block = 0L; block < Blocks.CountOf(info); block++)
                {
                    if (delta.Touches(tensor, block))
                    {
                        delta.Apply(tensor, block, target.Tensors[tensor].AsSpan((int)(block * Blocks.Size), Blocks.LengthOf(info, block)));
                    }
                }
            }
        }
    }

    public void Reset() => target.Become(Steps.Fish.Base);

    public void Check()
    {
        var same = decodesFrames ? target.Equals(Steps.Models[^1])
            : again.Zip(Steps.Values).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        if (!same)
        {
            throw new InvalidDataException("Other values came back.");
        }
    }

    /// <summary>Encodes a chunk of a step's values.</summary>
    protected abstract int Encode(int step, DType type, int begin, ReadOnlySpan<byte> values, Span<byte> destination);

    /// <summary>Decodes one: the mirror of <see cref="Encode"/>.</summary>
    protected abstract void Decode(int step, DType type, int begin, ReadOnlySpan<byte> source, Span<byte> values);

    /// <summary>What a restore reads in one go, so that each frame is decoded once. The last one gives the last step.</summary>
    protected abstract IEnumerable<IReadOnlyList<IFrame>> Chains();

    private void ForEach(Action<int, int> work)
    {
        for (var step = 0; step < Steps.Values.Length; step++)
        {
            for (var chunk = 0; chunk < chunks.Length; chunk++)
            {
                work(step, chunk);
            }
        }
    }
}
