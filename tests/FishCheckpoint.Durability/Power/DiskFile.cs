using System.IO.Hashing;

namespace FishCheckpoint.Durability.Power;

/// <summary>A file of a disk: the bytes that are durable, and what was done since the last sync.</summary>
public sealed class DiskFile
{
    private readonly List<Change> pending = [];
    private byte[] durable = [];
    private int length;
    private UInt128? hash;

    /// <summary>Makes a file whose bytes are durable.</summary>
    public DiskFile(byte[]? bytes = null) => (durable, length) = (bytes ?? [], bytes?.Length ?? 0);

    public void Write(long place, ReadOnlyMemory<byte> data) => Add(new Change((int)place, data, IsSize: false));

    public void SetSize(long size) => Add(new Change((int)size, default, IsSize: true));

    /// <summary>Makes everything durable.</summary>
    public void Sync()
    {
        foreach (var change in pending)
        {
            Apply(ref durable, ref length, change);
        }

        hash = pending.Count == 0 ? hash : null;
        pending.Clear();
    }

    /// <summary>The hash of what <see cref="Survivors"/> gave.</summary>
    public UInt128 HashOf(ReadOnlyMemory<byte> survivors) =>
        pending.Count > 0 ? XxHash128.HashToUInt128(survivors.Span) : hash ??= XxHash128.HashToUInt128(survivors.Span);

    /// <summary>The bytes that a disk may hold after a loss of power.</summary>
    /// <param name="draw">Draws what survives of changes that were not synced.</param>
    public ReadOnlyMemory<byte> Survivors(SurvivalDraw draw)
    {
        if (pending.Count == 0)
        {
            return durable.AsMemory(0, length);
        }

        var (bytes, size) = (durable.AsSpan(0, length).ToArray(), length);
        var policy = draw.OfFile();
        var cut = draw.Next(pending.Count + 1);
        for (var index = 0; index < pending.Count; index++)
        {
            var change = pending[index];
            if (policy == Survival.None || (policy == Survival.Beginning && index >= cut))
            {
                break;
            }

            // The last one of a beginning may be torn.
            var isTorn = policy == Survival.Some || (policy == Survival.Beginning && index == cut - 1);
            if (!isTorn)
            {
                Apply(ref bytes, ref size, change);
            }
            else if (change.IsSize)
            {
                if (draw.Survives())
                {
                    Apply(ref bytes, ref size, change);
                }
            }
            else
            {
                ApplyParts(ref bytes, ref size, change, draw);
            }
        }

        return bytes.AsMemory(0, size);
    }

    private static void ApplyParts(ref byte[] bytes, ref int size, Change change, SurvivalDraw draw)
    {
        // The new size may be durable before the bytes are: zeros lie there then.
        if (draw.Survives())
        {
            Apply(ref bytes, ref size, new Change(Math.Max(size, change.Place + change.Data.Length), default, IsSize: true));
        }

        for (var begin = 0; begin < change.Data.Length;)
        {
            var end = Math.Min(change.Data.Length, begin + draw.PartSize - ((change.Place + begin) % draw.PartSize));
            if (draw.Survives())
            {
                Apply(ref bytes, ref size, new Change(change.Place + begin, change.Data[begin..end], IsSize: false));
            }

            begin = end;
        }
    }

    private static void Apply(ref byte[] bytes, ref int length, Change change)
    {
        var end = change.Place + change.Data.Length;
        var size = change.IsSize ? end : Math.Max(length, end);
        if (size > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(size, 2 * bytes.Length));
        }

        if (size < length)
        {
            bytes.AsSpan(size, length - size).Clear();
        }

        change.Data.Span.CopyTo(bytes.AsSpan(change.Place));
        length = size;
    }

    private void Add(Change change) => pending.Add(change);

    // A write of bytes at a place, or a new size.
    private readonly record struct Change(int Place, ReadOnlyMemory<byte> Data, bool IsSize);
}
