# [configuration]
curl -s 'http://127.0.0.1:8080/v1/models?client_version=0.169.0' -H "Authorization: Bearer $OPENAI_API_KEY" \
  > "$CODEX_HOME/models.json"
codex -c "model_catalog_json='$CODEX_HOME/models.json'" "$@"
# [end]
