using System.Buffers.Binary;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Totals of one tensor over the visible checkpoints of a task, or a change to them.</summary>
/// <param name="Checkpoints">Checkpoints whose deltas change it.</param>
/// <param name="Changed">Values stored.</param>
/// <param name="Positions">Bytes of the chunks of positions.</param>
/// <param name="Values">Bytes of the chunks of values.</param>
internal readonly record struct TensorTotals(long Checkpoints, long Changed, long Positions, long Values)
{
    /// <summary>Encoded bytes of one tensor's totals.</summary>
    public const int Length = 4 * sizeof(long);

    public static TensorTotals operator +(TensorTotals left, TensorTotals right) => new(
        left.Checkpoints + right.Checkpoints, left.Changed + right.Changed, left.Positions + right.Positions, left.Values + right.Values);

    public static TensorTotals operator -(TensorTotals of) => new(-of.Checkpoints, -of.Changed, -of.Positions, -of.Values);

    public static TensorTotals Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));

    /// <summary>Encodes the totals for <see cref="Read"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Checkpoints);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Changed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Positions);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Values);
    }
}
