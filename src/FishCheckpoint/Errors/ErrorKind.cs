namespace FishCheckpoint.Errors;

/// <summary>What a caller can do about an error. HTTP statuses and exit codes are mapped from it.</summary>
public enum ErrorKind
{
    /// <summary>The request itself is wrong; an unchanged retry cannot succeed.</summary>
    Invalid,
    /// <summary>The requested object does not exist.</summary>
    NotFound,
    /// <summary>The object exists with other content.</summary>
    Conflict,
    /// <summary>The content is well formed but does not match its base or parent.</summary>
    Mismatch,
    /// <summary>A limit would be exceeded.</summary>
    TooLarge,
    /// <summary>The range cannot be satisfied.</summary>
    Range,
    /// <summary>The media type is not supported.</summary>
    MediaType,
    /// <summary>Stored bytes are damaged.</summary>
    Corrupt,
    /// <summary>A part of the system is missing or unreachable for now.</summary>
    Unavailable,
    /// <summary>The caller is not known.</summary>
    Unauthenticated,
    /// <summary>The caller may not do this.</summary>
    Forbidden,
    /// <summary>The system is busy; a retry may succeed.</summary>
    Busy,
    /// <summary>The storage or a quota is full.</summary>
    Full,
}
