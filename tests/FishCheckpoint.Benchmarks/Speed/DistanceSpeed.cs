using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>
/// Values as their distances from those of the step before, the first one's from the base's. The parent's values are at hand, as the store
/// keeps them.
/// </summary>
internal sealed class DistanceSpeed(MaskedSteps steps, CodecEffort effort) : MaskedSpeed(steps, effort)
{
    private readonly byte[] mapped = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public override void EncodeStored()
    {
        for (var step = 0; step < Frames.Length; step++)
        {
            var reader = new OnParent(Steps.Deltas[step].OpenReader(), Parent(step));
            using var delta = DeltaEncoder.EncodeOn(Steps.Frame, reader, Steps.Fish.Base, default, Options, Spool);
            Frames[step] = MemoryFrame.Read(MemoryFrame.ToArray(delta.Values));
        }
    }

    protected override int Encode(int step, DType type, int begin, ReadOnlySpan<byte> values, Span<byte> destination)
    {
        var target = mapped.AsSpan(0, values.Length);
        values.CopyTo(target);
        ValueMaps.Map(ValueMap.Distance, type, target, Parent(step).AsSpan(begin, values.Length));
        return Coder.EncodeValues(ValueMap.Distance, target, DTypes.UnitSizeOf(type), Options, destination);
    }

    protected override void Decode(int step, DType type, int begin, ReadOnlySpan<byte> source, Span<byte> values)
    {
        var map = Coder.DecodeValues(source, DTypes.UnitSizeOf(type), values);
        ValueMaps.Unmap(map, type, values, Parent(step).AsSpan(begin, values.Length), values);
    }

    protected override IEnumerable<IReadOnlyList<IFrame>> Chains() => Frames.Select(frame => (IReadOnlyList<IFrame>)[frame]);

    private byte[] Parent(int step) => step == 0 ? Steps.BaseValues : Steps.Values[step - 1];

    // Brings the parent's values along.
    private sealed class OnParent(IDeltaReader inner, byte[] parent) : IDeltaReader
    {
        private int taken;

        public Layout Layout => inner.Layout;

        public bool Read(DeltaChunk chunk)
        {
            if (!inner.Read(chunk))
            {
                return false;
            }

            chunk.HasParentValues = true;
            parent.AsSpan(taken, chunk.Values.Length).CopyTo(chunk.ParentValues);
            taken += chunk.Values.Length;
            return true;
        }
    }
}
