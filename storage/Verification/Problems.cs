using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Verification;

/// <summary>Which errors say that something stored is damaged, and how they are told.</summary>
internal static class Problems
{
    // Not a library that is missing, nor a disk that is full. A row whose numbers or texts are of another kind than they can be is damaged too.
    public static bool IsDamage(Exception error) => error switch
    {
        FishException fish => fish.Kind != ErrorKind.Unavailable,
        SqliteException sqlite => sqlite.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_IOERR,
        IOException or InvalidDataException or JsonException or ArgumentException or InvalidCastException or FormatException or OverflowException => true,
        _ => false,
    };

    public static string Of(Exception error) => error switch
    {
        FishException fish => $"{ErrorCodes.NameOf(fish.Code)} ({fish.Key}): {fish.Cause}",
        SqliteException sqlite => Of(Database.Translate(sqlite)),
        _ => $"{ErrorCodes.NameOf(ErrorCode.CorruptStore)}: {error.Message}",
    };
}
