using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of masks.</summary>
internal sealed partial class MaskTable(CatalogConnection connection) : IMaskChanges
{
    public void Replace(Digest mask, long frame, NewFrame made)
    {
        connection.Rows.Frames.Replace(frame, made);
        var (before, bytes) = (connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask), made.Bytes);
        connection.Execute("UPDATE checkpoints SET brought_bytes = $1 WHERE mask = $0 AND brought_bytes > 0 AND blocks = 0", mask, bytes);
        connection.Execute("UPDATE masks SET bytes = $1 WHERE id = $0", mask, bytes);
        connection.Rows.Checkpoints.GrowMask(mask, bytes - before);
    }

    public long? FrameOf(Digest mask, string stamp) =>
        connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0 AND frame || ' ' || bytes = $1", mask, stamp);

    public byte[]? HeadOf(Digest mask) =>
        connection.Scalar<byte[]?>("SELECT f.head FROM masks m JOIN frames f ON f.id = m.frame WHERE m.id = $0", mask);

    public byte[]? HeadOf(Digest mask, long frame) =>
        connection.Scalar<byte[]?>(
            "SELECT head FROM masks m JOIN frames f ON f.id = m.frame WHERE m.id = $0 AND m.frame = $1", mask, frame);

    public long BytesOf(Digest mask) =>
        connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);

    public long CountOf(Digest mask) =>
        connection.Scalar<long>("SELECT count FROM masks WHERE id = $0", mask);

    public long? TaskOf(Digest mask) =>
        connection.Scalar<long?>("SELECT task FROM checkpoints WHERE mask = $0 LIMIT 1", mask);

    public void InsertWithoutFrame(Digest mask, long count) => connection.Execute(
        "INSERT INTO masks (id, frame, count, bytes) VALUES ($0, NULL, $1, 0) ON CONFLICT DO NOTHING", mask, count);

    public void SetEffort(Digest mask, CodecEffort effort) =>
        connection.Execute("UPDATE masks SET effort = $1 WHERE id = $0", mask, (int)effort);

    public bool IsInUse(Digest mask, bool withFrame) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND deleted = 0 AND blocks <= $1)", mask, withFrame ? 0 : 1) > 0;

    public long? FrameOf(Digest mask) =>
        connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", mask);

    public void Insert(Digest mask, long frame, long count, long bytes, CodecEffort effort) => connection.Execute(
        """
        INSERT INTO masks (id, frame, count, bytes, effort) VALUES ($0, $1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET frame = excluded.frame, bytes = excluded.bytes, effort = excluded.effort
        """,
        mask, frame, count, bytes, (int)effort);
}
