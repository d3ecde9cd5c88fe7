
namespace FishCheckpoint.Engine.Ports;

/// <summary>What the chain of a state costs to read.</summary>
/// <param name="Bytes">Bytes of the frames of all its deltas.</param>
/// <param name="Deltas">How many there are.</param>
internal readonly record struct ChainEnd(long Bytes, int Deltas);

/// <summary>
/// How long chains may become, and what it costs to keep them so. Pure. The cost of a read is the bytes that a full restore reads and
/// decodes: the base's, and those of every frame of the chain.
/// </summary>
/// <param name="BaseBytes">Bytes of the base that a restore reads.</param>
/// <param name="MaxReadCost">The most that a read may cost: so many times that of the base and one delta.</param>
/// <param name="MaxDeltas">The most deltas, whatever they cost.</param>
internal sealed record ChainBound(long BaseBytes, double MaxReadCost, int MaxDeltas)
{
    /// <summary>Whether a delta may be based on a state.</summary>
    /// <param name="parent">The state's chain.</param>
    /// <param name="frame">Bytes that the delta takes.</param>
    /// <param name="delta">Bytes that the delta of one step takes: what the cost is measured by.</param>
    /// <remarks>On the base it always may: nothing is read with fewer deltas than one.</remarks>
    public bool Allows(ChainEnd parent, long frame, long delta) => parent.Deltas == 0 || Room(parent, frame, delta) >= 0;

    /// <summary>
    /// What it costs to go on from a state with one delta that says all since: the bytes that it takes more than that of one step, for each
    /// step until the next such delta, itself included.
    /// </summary>
    /// <returns>Bytes for each step; infinite where the delta may not be laid there.</returns>
    public double PriceOf(ChainEnd parent, long frame, long delta)
    {
        var room = Room(parent, frame, delta);
        return room < 0 ? double.PositiveInfinity
            : (frame - delta) / (1 + Math.Min(room / Math.Max(1, delta), MaxDeltas - parent.Deltas - 1));
    }

    // Bytes that may still be based on top; negative where it is too much already.
    private double Room(ChainEnd parent, long frame, long delta) => parent.Deltas >= MaxDeltas
        ? -1 : (MaxReadCost * (BaseBytes + delta)) - BaseBytes - parent.Bytes - frame;
}
