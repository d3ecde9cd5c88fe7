using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Errors;

/// <summary>The one mapping of error families to HTTP statuses.</summary>
internal static class ErrorStatus
{
    public static int Of(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.MediaType => StatusCodes.Status415UnsupportedMediaType,
        ErrorKind.Range => StatusCodes.Status416RangeNotSatisfiable,
        ErrorKind.Mismatch => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.Busy => StatusCodes.Status429TooManyRequests,
        ErrorKind.Full => StatusCodes.Status507InsufficientStorage,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
