namespace FishCheckpoint.Errors;

/// <summary>What a caller can do about an error: the family that HTTP statuses and exit codes are mapped from, once each.</summary>
public enum ErrorKind
{
    /// <summary>The request itself is wrong; sending it again unchanged cannot succeed.</summary>
    Invalid,
    /// <summary>The thing asked for is not there.</summary>
    NotFound,
    /// <summary>The thing exists with other content.</summary>
    Conflict,
    /// <summary>The content is well formed but does not fit what it is laid on.</summary>
    Mismatch,
    /// <summary>A limit would be passed.</summary>
    TooLarge,
    /// <summary>The range cannot be satisfied.</summary>
    Range,
    /// <summary>The media type is not taken.</summary>
    MediaType,
    /// <summary>Stored bytes are damaged.</summary>
    Corrupt,
    /// <summary>A part of the system is missing or unreachable for now.</summary>
    Unavailable,
    /// <summary>The caller is not known.</summary>
    Unauthenticated,
    /// <summary>The caller may not do this.</summary>
    Forbidden,
    /// <summary>There is too much to do for now; the same again may succeed.</summary>
    Busy,
    /// <summary>There is no room for it.</summary>
    Full,
}
