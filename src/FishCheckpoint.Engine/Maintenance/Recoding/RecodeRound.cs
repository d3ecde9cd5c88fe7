using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>What a round may still do, and what it has done.</summary>
internal sealed class RecodeRound(RecodeOptions options, TimeProvider time)
{
    private readonly long started = time.GetTimestamp();
    private readonly List<DamagedFrame> damaged = [];
    private long recoded;
    private long kept;
    private long skipped;
    private long before;
    private long after;

    /// <summary>Whether a frame of so many bytes may be begun. Damaged ones come again in every round, and cost it no bytes.</summary>
    public bool Allows(long bytes) => recoded + kept + skipped + damaged.Count == 0 || (HasBytes(bytes) && HasTime);

    public void Count(Recodable frame, RecodedFrame made, bool written)
    {
        if (!written)
        {
            skipped++;
            return;
        }

        (recoded, kept) = made.IsSmaller ? (recoded + 1, kept) : (recoded, kept + 1);
        (before, after) = (before + frame.Bytes, after + (made.IsSmaller ? FrameSize.Of(made.Frame) : frame.Bytes));
    }

    public void Count(Recodable frame, FishException damage) =>
        damaged.Add(new DamagedFrame(frame.Key, $"{ErrorCodes.NameOf(damage.Code)} ({damage.Key}): {damage.Cause}"));

    public RecodeResult End(bool finished) => new(recoded, kept, skipped, before, after, finished, damaged);

    private bool HasTime => options.MaxTime is not { } longest || time.GetElapsedTime(started) < longest;

    private bool HasBytes(long bytes) => before == 0 || options.MaxBytes is not { } most || before <= most - bytes;
}
