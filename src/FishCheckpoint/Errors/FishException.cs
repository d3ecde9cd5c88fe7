namespace FishCheckpoint.Errors;

/// <summary>The one family of errors: what was being done, to which key, why it was refused, and what to do about it.</summary>
public sealed class FishException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="code">The stable code.</param>
    /// <param name="key">What it concerns: a tensor, a task, <c>task/step</c>, a file.</param>
    /// <param name="cause">Why, as a sentence that names what was expected and what was found.</param>
    /// <param name="hint">What to do, as a sentence.</param>
    /// <param name="inner">The error below, if one was translated.</param>
    public FishException(ErrorCode code, string key, string cause, string hint, Exception? inner = null)
        : base($"{ErrorCodes.NameOf(code)} ({key}): {cause} {hint}", inner)
    {
        (Code, Key, Cause, Hint) = (code, key, cause, hint);
    }

    /// <summary>The stable code.</summary>
    public ErrorCode Code { get; }

    /// <summary>What it concerns.</summary>
    public string Key { get; }

    /// <summary>Why it was refused.</summary>
    public string Cause { get; }

    /// <summary>What to do about it.</summary>
    public string Hint { get; }

    /// <summary>The operation that was refused, set by the outermost caller that knows it (a route, a command).</summary>
    public string? Operation { get; init; }

    /// <summary>The status of the HTTP answer that it was read from; <see langword="null"/> where there was none, as from a server that was
    /// not reached.</summary>
    public int? Status { get; init; }

    /// <summary>How long the server asks to wait before the next try (RFC 9110, Retry-After in seconds); <see langword="null"/> if it asks
    /// for nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The family of <see cref="Code"/>.</summary>
    public ErrorKind Kind => ErrorCodes.KindOf(Code);
}
