using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The current row of a query. Valid only within the function that reads it.</summary>
internal abstract class CatalogRow
{
    public abstract int FieldCount { get; }

    public abstract bool IsDBNull(int column);

    public abstract long GetInt64(int column);

    public abstract double GetDouble(int column);

    public abstract string GetString(int column);

    public abstract byte[] Bytes(int column);

    public abstract Digest Digest(int column);

    public int GetInt32(int column) => checked((int)GetInt64(column));

    public bool GetBoolean(int column) => GetInt64(column) != 0;

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(GetInt64(column));

    public Digest? OptionalDigest(int column) => IsDBNull(column) ? null : Digest(column);

    public long? OptionalLong(int column) => IsDBNull(column) ? null : GetInt64(column);

    public string? OptionalText(int column) => IsDBNull(column) ? null : GetString(column);

    public DateTimeOffset? OptionalTime(int column) => IsDBNull(column) ? null : Time(column);
}
