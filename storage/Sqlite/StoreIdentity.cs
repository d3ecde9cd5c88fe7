using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// The store's identity: 128 random bits in the database. Backups, restored copies and repaired stores keep it, since it identifies the
/// store and not a copy.
/// </summary>
internal static class StoreIdentity
{
    /// <summary>Reads the identity as 32 lower-case hexadecimal digits.</summary>
    public static string Read(CatalogConnection connection) => connection.Scalar<string>("SELECT lower(hex(id)) FROM store WHERE one = 1");

    /// <summary>Reads the identity from a database with any schema.</summary>
    /// <returns><see langword="null"/> if only earlier versions have opened the database.</returns>
    public static string? TryRead(CatalogConnection connection) => Has(connection) ? Read(connection) : null;

    /// <summary>Whether the schema has an identity.</summary>
    public static bool Has(CatalogConnection connection) =>
        connection.Scalar<long>("SELECT count(*) FROM sqlite_schema WHERE name = 'store'") > 0;

    /// <summary>Creates an identity in a repaired database if it has none.</summary>
    /// <returns>Whether it is new.</returns>
    public static bool Ensure(CatalogConnection connection) =>
        connection.Execute("INSERT OR IGNORE INTO store (one, id) VALUES (1, randomblob(16))") > 0;
}
