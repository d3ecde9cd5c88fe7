using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Which errors say that something stored is damaged, and how they are told.</summary>
internal static class Problems
{
    // Not a library that is missing, nor a disk that is full. A row whose numbers or texts are of another kind than they can be is damaged
    // too.
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
