using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Errors;

/// <summary>Problem details (RFC 9457) with additional members: operation, key, cause and hint.</summary>
internal sealed record FishProblem(
    string Type, string Title, int Status, string Detail, string Code, string Operation, string Key, string Cause, string Hint,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null)
{
    public const string MediaType = "application/problem+json";

    private const string Challenge = "Bearer realm=\"FishCheckpoint\"";

    public static FishProblem Of(FishException error, string operation) => Create(
        ErrorStatus.Of(error.Kind), ErrorCodes.NameOf(error.Code), error.Operation ?? operation, error.Key, error.Cause, error.Hint);

    /// <summary>
    /// A problem with a code, including the codes that only HTTP has (INTERNAL, METHOD_NOT_ALLOWED, PRECONDITION_FAILED).
    /// </summary>
    public static FishProblem Create(int status, string code, string operation, string key, string cause, string hint) => new(
        $"urn:fishcheckpoint:error:{code}", TitleOf(code), status, $"{cause} {hint}".Trim(), code, operation, key, cause, hint);

    /// <summary>The problem with an additional member <c>error</c>, which the Hub's clients show.</summary>
    public FishProblem ForHub() => this with { Error = Detail };

    /// <summary>Sends the problem in place of the prepared response, which has not started.</summary>
    public Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        switch (Status)
        {
            case StatusCodes.Status401Unauthorized:
                response.Headers.WWWAuthenticate = Code == ErrorCodes.NameOf(ErrorCode.KeyInvalid)
                    ? $"{Challenge}, error=\"invalid_token\"" : Challenge;
                break;
            case StatusCodes.Status403Forbidden:
                response.Headers.WWWAuthenticate = $"{Challenge}, error=\"insufficient_scope\"";
                break;
            case StatusCodes.Status429TooManyRequests:
                response.Headers.RetryAfter = "1";
                break;
            default:
                break;
        }

        return response.WriteAsJsonAsync(this, FishJson.Options, MediaType, response.HttpContext.RequestAborted);
    }

    private static string TitleOf(string code) => $"{code[0]}{code[1..].Replace('_', ' ').ToLowerInvariant()}";
}
