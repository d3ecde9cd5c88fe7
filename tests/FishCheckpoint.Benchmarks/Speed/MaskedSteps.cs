using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>The values of a fixed mask at each step of a training, in memory, with the mask's frame.</summary>
internal sealed class MaskedSteps
{
    public MaskedSteps(FishFolder fish)
    {
        (Fish, Mask) = (fish, fish.Mask("mask.safetensors"));
        Models = [.. fish.Steps.Select(step => fish.Model(step.Path))];
        Deltas = [.. Models.Select(Gather)];
        Values = [.. Deltas.Select(Joined)];
        BaseValues = Joined(Gather(fish.Base));
        Frame = MemoryFrame.Read(new Ours("mask", new CodecOptions { Effort = CodecEffort.Small }).EncodeMask(Deltas[0].OpenReader()));
    }

    public FishFolder Fish { get; }

    public Mask Mask { get; }

    /// <summary>The whole model at each step.</summary>
    public Checkpoint[] Models { get; }

    public Delta[] Deltas { get; }

    /// <summary>Each step's values, in the mask's order.</summary>
    public byte[][] Values { get; }

    /// <summary>The base's values.</summary>
    public byte[] BaseValues { get; }

    /// <summary>The mask's frame.</summary>
    public MemoryFrame Frame { get; }

    /// <summary>Bytes of all steps' values.</summary>
    public long ValueBytes => (long)Values.Length * BaseValues.Length;

    /// <summary>The parts of the values that are a chunk each: dtype, first byte, number of bytes.</summary>
    public IEnumerable<(DType Type, int Begin, int Length)> Chunks()
    {
        var begin = 0;
        foreach (var tensor in Mask.Tensors)
        {
            var info = Mask.Layout.Tensors[tensor.Tensor];
            for (var left = tensor.Positions.Length; left > 0; left -= DeltaChunk.Capacity)
            {
                var length = Math.Min(left, DeltaChunk.Capacity) * info.UnitSize;
                yield return (info.Type, begin, length);
                begin += length;
            }
        }
    }

    private Delta Gather(Checkpoint model) => MaskedState.Gather(Mask, tensor => model.Tensors[tensor]);

    private static byte[] Joined(Delta delta) => [.. delta.Values.SelectMany(values => values.ToArray())];
}
