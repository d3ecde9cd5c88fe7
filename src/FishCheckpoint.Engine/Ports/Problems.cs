using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Decides which errors report damage, and describes them.</summary>
internal static class Problems
{
    // A missing library or a full disk is no damage. A row with a value of the wrong kind is.
    public static bool IsDamage(Exception error) => error switch
    {
        FishException fish => fish.Kind != ErrorKind.Unavailable,
        CatalogException failure => failure.Fault is CatalogFault.Damaged or CatalogFault.Unreadable,
        IOException or InvalidDataException or JsonException or ArgumentException or InvalidCastException or FormatException
            or OverflowException => true,
        _ => false,
    };

    public static string Of(Exception error) => error switch
    {
        FishException fish => $"{ErrorCodes.NameOf(fish.Code)} ({fish.Key}): {fish.Cause}",
        CatalogException failure => Of(failure.Refusal),
        _ => $"{ErrorCodes.NameOf(ErrorCode.CorruptStore)}: {error.Message}",
    };
}
