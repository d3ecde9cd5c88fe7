using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// The store's identity: 128 random bits in the database. Backups, restored folders and repairs have the identity of the store that they
/// were made of: it names the store, not one of its copies.
/// </summary>
internal static class StoreIdentity
{
    /// <summary>Reads it, as 32 hexadecimal digits in lower case.</summary>
    public static string Read(CatalogConnection connection) => connection.Scalar<string>("SELECT lower(hex(id)) FROM store WHERE one = 1");

    /// <summary>Reads it of a database of any schema.</summary>
    /// <returns><see langword="null"/>: an earlier program has written it, and no later one has opened it.</returns>
    public static string? TryRead(CatalogConnection connection) => Has(connection) ? Read(connection) : null;

    /// <summary>Whether a database's schema has an identity.</summary>
    public static bool Has(CatalogConnection connection) =>
        connection.Scalar<long>("SELECT count(*) FROM sqlite_schema WHERE name = 'store'") > 0;

    /// <summary>Gives a repaired database a new one, if the damaged one's could not be read.</summary>
    /// <returns>Whether it is a new one.</returns>
    public static bool Ensure(CatalogConnection connection) =>
        connection.Execute("INSERT OR IGNORE INTO store (one, id) VALUES (1, randomblob(16))") > 0;
}
