
namespace FishCheckpoint.Engine.Ports;

/// <summary>The cost of reading a chain.</summary>
/// <param name="Bytes">Bytes of the frames of all deltas.</param>
/// <param name="Deltas">The number of deltas.</param>
internal readonly record struct ChainEnd(long Bytes, int Deltas);

/// <summary>
/// Limits the cost of reading a checkpoint, and prices what keeps it within the limit. Pure. The cost of a read is the bytes that a full
/// restore reads and decodes: the base and every frame of the chain.
/// </summary>
/// <param name="BaseBytes">Bytes of the base that a restore reads.</param>
/// <param name="MaxReadCost">The highest cost of a read, as a multiple of the cost of the base and one delta.</param>
/// <param name="MaxDeltas">The most deltas in a chain, whatever they cost.</param>
internal sealed record ChainBound(long BaseBytes, double MaxReadCost, int MaxDeltas)
{
    /// <summary>Whether a delta fits on top of a state.</summary>
    /// <param name="parent">The chain of the state.</param>
    /// <param name="frame">Bytes of the delta.</param>
    /// <param name="delta">Bytes of the delta of one step, the unit of the limit.</param>
    /// <remarks>A delta on the base always fits: no read needs fewer deltas.</remarks>
    public bool Fits(ChainEnd parent, long frame, long delta) => parent.Deltas == 0 || Room(parent, frame, delta) >= 0;

    /// <summary>
    /// The price of continuing from a state with one delta that holds all changes since: its bytes beyond those of a delta of one step,
    /// spread over the steps until the next such delta.
    /// </summary>
    /// <returns>Bytes per step; infinite if the delta does not fit there.</returns>
    public double PriceOf(ChainEnd parent, long frame, long delta)
    {
        var room = Room(parent, frame, delta);
        return room < 0 ? double.PositiveInfinity
            : (frame - delta) / (1 + Math.Min(room / Math.Max(1, delta), MaxDeltas - parent.Deltas - 1));
    }

    // Bytes that still fit on top; negative if the chain is too long already.
    private double Room(ChainEnd parent, long frame, long delta) => parent.Deltas >= MaxDeltas
        ? -1 : (MaxReadCost * (BaseBytes + delta)) - BaseBytes - parent.Bytes - frame;
}
